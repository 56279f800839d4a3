//go:build !unix

package databases

import "os/exec"

func giveToServant(string) error { return errMissing }

func asServant(*exec.Cmd) error { return errMissing }
