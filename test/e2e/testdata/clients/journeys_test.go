package clients

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	ory "github.com/ory/client-go"
)

func TestRegistration(t *testing.T) {
	t.Parallel()
	c, email := newClient(t), newAddress()
	registered := c.register(t, email)
	if registered.Session.Identity.Traits.(map[string]any)["email"] != email {
		t.Errorf("%+v", registered.Session.Identity)
	}
	var flowID string
	for _, next := range registered.ContinueWith {
		if next.ContinueWithVerificationUi != nil {
			flowID = next.ContinueWithVerificationUi.Flow.Id
		}
	}
	flow := must[*ory.VerificationFlow](t)(c.people.FrontendAPI.GetVerificationFlow(t.Context()).Id(flowID).Execute())
	prove := func(code string) *ory.VerificationFlow {
		with := ory.NewUpdateVerificationFlowWithCodeMethod("code")
		with.SetCode(code)
		return must[*ory.VerificationFlow](t)(c.people.FrontendAPI.UpdateVerificationFlow(t.Context()).Flow(flow.Id).
			UpdateVerificationFlowBody(ory.UpdateVerificationFlowBody{UpdateVerificationFlowWithCodeMethod: with}).Execute())
	}
	if wrong := prove("000000"); stateOf(wrong.State) != "sent_email" || len(wrong.Ui.Messages) == 0 {
		t.Errorf("a wrong code: %v", wrong.State)
	}
	if passed := prove(codeFor(t, email, "confirm")); stateOf(passed.State) != "passed_challenge" {
		t.Errorf("the right code: %v", passed.State)
	}
	session := must[*ory.Session](t)(c.whoami(t, *registered.SessionToken).Execute())
	if session.Id != registered.Session.Id || !session.Identity.VerifiableAddresses[0].Verified {
		t.Errorf("%+v", session)
	}

	again := must[*ory.RegistrationFlow](t)(c.people.FrontendAPI.CreateNativeRegistrationFlow(t.Context()).Execute())
	_, answer, err := c.submitRegistration(t, again.Id, email).Execute()
	if said := refused(t, http.StatusBadRequest, answer, err); !strings.Contains(said, "4000007") {
		t.Errorf("an address that is taken: %s", said)
	}
}

func TestLogin(t *testing.T) {
	t.Parallel()
	c, email := newClient(t), newAddress()
	c.register(t, email)
	_, answer, err := c.startLogin(t, email, otherPassword).Execute()
	if said := refused(t, http.StatusBadRequest, answer, err); !strings.Contains(said, "4000006") {
		t.Errorf("a wrong password: %s", said)
	}
	first, second, third := c.logIn(t, email, password), c.logIn(t, email, password), c.logIn(t, email, password)
	token := *first.SessionToken
	mine := func() []ory.Session {
		return must[[]ory.Session](t)(c.people.FrontendAPI.ListMySessions(t.Context()).XSessionToken(token).Execute())
	}
	if others := mine(); len(others) != 3 {
		t.Errorf("%d other sessions, want that of the registration and two", len(others))
	}
	answer, err = c.people.FrontendAPI.DisableMySession(t.Context(), second.Session.Id).XSessionToken(token).Execute()
	done(t, answer, err)
	_, answer, err = c.whoami(t, *second.SessionToken).Execute()
	refused(t, http.StatusUnauthorized, answer, err)
	must[*ory.DeleteMySessionsCount](t)(c.people.FrontendAPI.DisableMyOtherSessions(t.Context()).XSessionToken(token).Execute())
	if others := mine(); len(others) != 0 {
		t.Errorf("%d other sessions are left", len(others))
	}
	_, answer, err = c.whoami(t, *third.SessionToken).Execute()
	refused(t, http.StatusUnauthorized, answer, err)
	answer, err = c.people.FrontendAPI.PerformNativeLogout(t.Context()).PerformNativeLogoutBody(*ory.NewPerformNativeLogoutBody(token)).Execute()
	done(t, answer, err)
	_, answer, err = c.whoami(t, token).Execute()
	refused(t, http.StatusUnauthorized, answer, err)
}

func TestSettings(t *testing.T) {
	t.Parallel()
	c, moved := newClient(t), newAddress()
	token := *c.register(t, newAddress()).SessionToken
	profile := ory.UpdateSettingsFlowBody{UpdateSettingsFlowWithProfileMethod: ory.NewUpdateSettingsFlowWithProfileMethod("profile", traits(moved))}
	changed := must[*ory.SettingsFlow](t)(c.change(t, token, "", profile).Execute())
	if changed.Identity.Traits.(map[string]any)["email"] != moved {
		t.Errorf("%+v", changed.Identity)
	}
	to := func(password string) ory.UpdateSettingsFlowBody {
		return ory.UpdateSettingsFlowBody{UpdateSettingsFlowWithPasswordMethod: ory.NewUpdateSettingsFlowWithPasswordMethod("password", password)}
	}
	_, answer, err := c.change(t, token, "", to("short")).Execute()
	refused(t, http.StatusBadRequest, answer, err)
	must[*ory.SettingsFlow](t)(c.change(t, token, "", to(otherPassword)).Execute())
	c.logIn(t, moved, otherPassword)
}

func TestRecovery(t *testing.T) {
	t.Parallel()
	c, email := newClient(t), newAddress()
	c.register(t, email)
	flow := must[*ory.RecoveryFlow](t)(c.people.FrontendAPI.CreateNativeRecoveryFlow(t.Context()).Execute())
	send := func(set func(*ory.UpdateRecoveryFlowWithCodeMethod)) *ory.RecoveryFlow {
		with := ory.NewUpdateRecoveryFlowWithCodeMethod("code")
		set(with)
		return must[*ory.RecoveryFlow](t)(c.people.FrontendAPI.UpdateRecoveryFlow(t.Context()).Flow(flow.Id).
			UpdateRecoveryFlowBody(ory.UpdateRecoveryFlowBody{UpdateRecoveryFlowWithCodeMethod: with}).Execute())
	}
	if sent := send(func(m *ory.UpdateRecoveryFlowWithCodeMethod) { m.SetEmail(email) }); stateOf(sent.State) != "sent_email" {
		t.Errorf("%v", sent.State)
	}
	code := codeFor(t, email, "access")
	passed := send(func(m *ory.UpdateRecoveryFlowWithCodeMethod) { m.SetCode(code) })
	var token, settings string
	for _, next := range passed.ContinueWith {
		switch {
		case next.ContinueWithSetOrySessionToken != nil:
			token = next.ContinueWithSetOrySessionToken.OrySessionToken
		case next.ContinueWithSettingsUi != nil:
			settings = next.ContinueWithSettingsUi.Flow.Id
		}
	}
	must[*ory.SettingsFlow](t)(c.change(t, token, settings, ory.UpdateSettingsFlowBody{
		UpdateSettingsFlowWithPasswordMethod: ory.NewUpdateSettingsFlowWithPasswordMethod("password", otherPassword),
	}).Execute())
	c.logIn(t, email, otherPassword)
}

func TestTOTP(t *testing.T) {
	t.Parallel()
	c, email := newClient(t), newAddress()
	token := *c.register(t, email).SessionToken
	flow := must[*ory.SettingsFlow](t)(c.people.FrontendAPI.CreateNativeSettingsFlow(t.Context()).XSessionToken(token).Execute())
	var secret string
	for _, node := range flow.Ui.Nodes {
		if text := node.Attributes.UiNodeTextAttributes; text != nil && text.Id == "totp_secret_key" {
			secret = text.Text.Text
		}
	}
	enroll := ory.NewUpdateSettingsFlowWithTotpMethod("totp")
	enroll.SetTotpCode(appCode(t, secret, -1))
	must[*ory.SettingsFlow](t)(c.change(t, token, flow.Id, ory.UpdateSettingsFlowBody{UpdateSettingsFlowWithTotpMethod: enroll}).Execute())

	half := *c.logIn(t, email, password).SessionToken
	_, answer, err := c.whoami(t, half).Execute()
	if said := refused(t, http.StatusForbidden, answer, err); !strings.Contains(said, "session_aal2_required") {
		t.Errorf("before the second factor: %s", said)
	}
	second := must[*ory.LoginFlow](t)(c.people.FrontendAPI.CreateNativeLoginFlow(t.Context()).Aal("aal2").XSessionToken(half).Execute())
	prove := func(code string) ory.FrontendAPIUpdateLoginFlowRequest {
		return c.people.FrontendAPI.UpdateLoginFlow(t.Context()).Flow(second.Id).XSessionToken(half).UpdateLoginFlowBody(ory.UpdateLoginFlowBody{
			UpdateLoginFlowWithTotpMethod: ory.NewUpdateLoginFlowWithTotpMethod("totp", code),
		})
	}
	_, answer, err = prove("000000").Execute()
	refused(t, http.StatusBadRequest, answer, err)
	if in := must[*ory.SuccessfulNativeLogin](t)(prove(appCode(t, secret, 0)).Execute()); *in.Session.AuthenticatorAssuranceLevel != "aal2" {
		t.Errorf("%+v", in.Session)
	}
}

func TestOperators_identities(t *testing.T) {
	t.Parallel()
	c, email := newClient(t), newAddress()
	operators := c.operators.IdentityAPI
	with := ory.NewCreateIdentityBody("default", traits(email))
	with.SetMetadataPublic(map[string]any{"plan": "free"})
	config := ory.NewIdentityWithCredentialsPasswordConfig()
	config.SetPassword(password)
	with.SetCredentials(ory.IdentityWithCredentials{Password: &ory.IdentityWithCredentialsPassword{Config: config}})
	made := must[*ory.Identity](t)(operators.CreateIdentity(t.Context()).CreateIdentityBody(*with).Execute())
	_, answer, err := operators.CreateIdentity(t.Context()).CreateIdentityBody(*with).Execute()
	refused(t, http.StatusConflict, answer, err)
	c.logIn(t, email, password)

	patch := ory.NewJsonPatch("replace", "/metadata_public/plan")
	patch.SetValue("paid")
	patched := must[*ory.Identity](t)(operators.PatchIdentity(t.Context(), made.Id).JsonPatch([]ory.JsonPatch{*patch}).Execute())
	if any(patched.MetadataPublic).(map[string]any)["plan"] != "paid" {
		t.Errorf("%+v", patched.MetadataPublic)
	}
	disabled := must[*ory.Identity](t)(operators.UpdateIdentity(t.Context(), made.Id).UpdateIdentityBody(*ory.NewUpdateIdentityBody("default", "inactive", traits(email))).Execute())
	if *disabled.State != "inactive" {
		t.Errorf("%v", *disabled.State)
	}
	found := must[[]ory.Identity](t)(operators.ListIdentities(t.Context()).CredentialsIdentifier(strings.ToUpper(email)).Execute())
	if len(found) != 1 || found[0].Id != made.Id {
		t.Errorf("%+v", found)
	}
	answer, err = operators.DeleteIdentity(t.Context(), made.Id).Execute()
	done(t, answer, err)
	_, answer, err = operators.GetIdentity(t.Context(), made.Id).Execute()
	refused(t, http.StatusNotFound, answer, err)
}

func TestOperators_pages(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	operators := c.operators.IdentityAPI
	batch := ory.NewPatchIdentitiesBody()
	for range 5 {
		batch.Identities = append(batch.Identities, ory.IdentityPatch{Create: ory.NewCreateIdentityBody("default", traits(newAddress()))})
	}
	made := must[*ory.BatchPatchIdentitiesResponse](t)(operators.BatchPatchIdentities(t.Context()).PatchIdentitiesBody(*batch).Execute())
	seen := map[string]bool{}
	next := regexp.MustCompile(`page_token=([^&>]+)[^>]*>;\s*rel="next"`)
	for token := ""; ; {
		request := operators.ListIdentities(t.Context()).PageSize(2)
		if token != "" {
			request = request.PageToken(token)
		}
		page, answer, err := request.Execute()
		done(t, answer, err)
		for _, i := range page {
			if seen[i.Id] {
				t.Fatalf("%s is on two pages", i.Id)
			}
			seen[i.Id] = true
		}
		more := next.FindStringSubmatch(answer.Header.Get("Link"))
		if more == nil {
			break
		}
		token = more[1]
	}
	for _, one := range made.Identities {
		if *one.Action != "create" || !seen[*one.Identity] {
			t.Errorf("%s is on none of %d pages of two", *one.Identity, (len(seen)+1)/2)
		}
	}
}

func TestOperators_sessions(t *testing.T) {
	t.Parallel()
	c, email := newClient(t), newAddress()
	operators := c.operators.IdentityAPI
	registered := c.register(t, email)
	id := registered.Session.Identity.Id
	if one := must[*ory.Session](t)(operators.GetSession(t.Context(), registered.Session.Id).Expand([]string{"identity"}).Execute()); one.Identity.Id != id {
		t.Errorf("%+v", one)
	}
	if all := must[[]ory.Session](t)(operators.ListIdentitySessions(t.Context(), id).Active(true).Execute()); len(all) != 1 {
		t.Errorf("%d sessions", len(all))
	}
	answer, err := operators.DisableSession(t.Context(), registered.Session.Id).Execute()
	done(t, answer, err)
	_, answer, err = c.whoami(t, *registered.SessionToken).Execute()
	refused(t, http.StatusUnauthorized, answer, err)
	way := must[*ory.RecoveryCodeForIdentity](t)(operators.CreateRecoveryCodeForIdentity(t.Context()).
		CreateRecoveryCodeForIdentityBody(*ory.NewCreateRecoveryCodeForIdentityBody(id)).Execute())
	if len(way.RecoveryCode) != 6 || way.RecoveryLink == "" {
		t.Errorf("%+v", way)
	}
	if schemas := must[[]ory.IdentitySchemaContainer](t)(operators.ListIdentitySchemas(t.Context()).Execute()); schemas[0].GetId() != "default" {
		t.Errorf("%+v", schemas)
	}
}
