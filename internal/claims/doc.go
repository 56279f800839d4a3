// Package claims owns what a provider says about a person, and how an operator's
// Jsonnet program turns that into traits.
//
// It does not fetch claims (oidc), fetch programs (app), or know the identity schema
// that traits must obey (traits). Programs are written by the operator and fed by
// strangers: they import nothing, and are bounded in calls, depth, time and output.
//
// What is not bounded is what one call of the standard library allocates, other than
// std.range, std.makeArray, std.repeat, std.strReplace, std.join and std.flattenArrays: a program such as '%1000000000d' % 1 takes
// the memory that it asks for. Claims can't cause it, as they are bounded themselves;
// a program has to be written so, and who writes it writes the configuration too.
package claims
