package desk

// PageSize is the number of rows per page of a list.
const PageSize = 50

const IssuePageMax = 200
