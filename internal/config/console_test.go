package config

import "testing"

func TestTheConsoleIsServedWhereOnlyThisMachineReachesItOrWhereItIsAskedFor(t *testing.T) {
	t.Parallel()
	const guarded = "token: a-long-and-random-token, "
	for over, want := range map[string]bool{
		"":                                  true,
		"serve: {admin: {host: localhost}}": true,
		"serve: {admin: {host: '::1'}}":     true,
		"serve: {admin: {console: {enabled: false}}}":                                                false,
		"serve: {admin: {" + guarded + "host: 0.0.0.0}}":                                             false,
		"serve: {admin: {" + guarded + "host: 10.0.0.1}}":                                            false,
		"serve: {admin: {" + guarded + "host: 10.0.0.1, console: {enabled: true}}}":                  true,
		"serve: {admin: {insecure: true, host: 10.0.0.1, console: {enabled: false}}}":                false,
		"serve: {admin: {insecure: true, host: 10.0.0.1, console: {password: 'a b c d e f g h i'}}}": false,
	} {
		c, _, err := Load(layered(over))
		if err != nil {
			t.Fatalf("%s: %v", over, err)
		}
		if got := c.Serve.Admin.Console.Enabled; got != want {
			t.Errorf("%s: the console is served: %v, want %v", over, got, want)
		}
	}
}
