// Package deletion owns the deletion method: in settings, the owner of an account asks
// for it to be deleted.
//
// It does not close the account (flow) nor delete it when its time has come (store, app).
package deletion
