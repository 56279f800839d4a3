package main

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
)

const passphrase = "a lighthouse keeper's umbrella"

// account is a person with a password, signed in.
type account struct{ email, token string }

// register makes a new account the way an app does.
func register(c *conn) (account, error) {
	a := account{email: newEmail()}
	id, err := startFlow(c, "registration")
	if err != nil {
		return a, err
	}
	got, err := c.ask(registrationRequest(id, a))
	if err != nil {
		return a, err
	}
	var answer struct {
		Token string `json:"session_token"`
	}
	err = json.Unmarshal(got.body, &answer)
	a.token = answer.Token
	return a, err
}

func newEmail() string { return rand.Text() + "@example.org" }

// newAccounts registers n accounts, a few at a time: nothing is
// measured yet.
func newAccounts(address string, n int) ([]account, error) {
	const workers = 4
	accounts := make([]account, n)
	failures := make(chan error, workers)
	for worker := range workers {
		go func() {
			c, err := dial(address)
			if err == nil {
				defer c.close()
			}
			for i := worker; i < n && err == nil; i += workers {
				accounts[i], err = register(c)
			}
			failures <- err
		}()
	}
	var first error
	for range workers {
		if err := <-failures; err != nil && first == nil {
			first = err
		}
	}
	return accounts, first
}

// signIn is a whole login: a flow is started and completed.
func signIn(c *conn, a account) error {
	id, err := startFlow(c, "login")
	if err != nil {
		return err
	}
	_, err = c.ask(loginRequest(id, a))
	return err
}

func registrationRequest(flow string, a account) []byte {
	return post("/self-service/registration/methods/password?flow="+flow,
		fmt.Sprintf(`{"traits":{"email":%q},"password":%q}`, a.email, passphrase))
}

func loginRequest(flow string, a account) []byte {
	return post("/self-service/login/methods/password?flow="+flow,
		fmt.Sprintf(`{"identifier":%q,"password":%q}`, a.email, passphrase))
}

func startFlow(c *conn, kind string) (string, error) {
	got, err := c.ask(get("/self-service/" + kind + "/api"))
	if err != nil {
		return "", err
	}
	return flowID(got.body)
}

func flowID(body []byte) (string, error) {
	var flow struct{ ID string }
	if err := json.Unmarshal(body, &flow); err != nil || flow.ID == "" {
		return "", fmt.Errorf("no flow in %q", body)
	}
	return flow.ID, nil
}
