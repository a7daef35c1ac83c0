// Package sheet owns tables that come from outside and go outside: CSV and
// XLSX, read row by row and written row by row. It is the one door to
// excelize.
//
// Reading trusts nothing. A file is refused by its size, its unpacked size,
// its shape and its number of columns before excelize sees it, because
// excelize opens a small bomb gladly. A cell is never repaired in silence:
// Fold, Date and Identifier say what they made of it or why they could not.
//
// Writing neutralises every cell that a spreadsheet would take for a formula,
// and counts its rows, so that the number stated is the number written.
//
// The package knows nothing of people, batches or the database.
package sheet
