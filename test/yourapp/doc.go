// Yourapp is the application of docs/your-app.md: it asks Symbolon who its visitor is.
//
// Its tests keep that page true: the Go code there is this one, and the nginx
// configuration there runs in front of a server. It is not a part of the product.
package main
