// Package rectify owns rectification tasks: what is to be put right, by which
// lead department, until when, with what evidence, and who checked it.
//
// It must never let the people who carried a task out verify it, nor the one
// who verified it strike it off. "Overdue" is no state: it is computed from
// the due date whenever somebody looks.
//
// A task:
//
//	dispatched  → accepted     by the lead department
//	accepted    → in_progress
//	accepted, in_progress, returned, recurred → submitted   with an evidence note
//	returned, recurred → in_progress
//	submitted   → verified     by somebody who did not carry it out
//	submitted   → returned     with a reason
//	verified    → struck_off   by somebody who did not verify it
//	verified, struck_off → recurred   the problem came back
package rectify
