// Package ui owns the form of a flow as data: its groups, their nodes and the
// messages on each. Any front end can draw it.
//
// It does not know how a form goes over a wire (httpapi/wire05) or onto a page
// (webui), and it does not fill forms: methods return nodes, the flow engine
// arranges them.
package ui
