package desk

// PageSize is how many rows a list shows.
const PageSize = 50

const IssuePageMax = 200
