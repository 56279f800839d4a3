package flow_test

import (
	"encoding/json"
	"errors"
	"net/url"
	"strings"
	"testing"

	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/message"
)

func object(t testing.TB, text string) flow.Input {
	t.Helper()
	var members map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &members); err != nil {
		t.Fatal(err)
	}
	return flow.JSONInput(members)
}

func formOf(t testing.TB, query string) flow.Input {
	t.Helper()
	values, err := url.ParseQuery(query)
	if err != nil {
		t.Fatal(err)
	}
	return flow.FormInput(values)
}

// said lists the messages of a rejection as field:key.
func said(err error) string {
	rejected, ok := errors.AsType[*flow.Rejected](err)
	if !ok {
		return ""
	}
	var all []string
	for _, m := range rejected.Messages {
		all = append(all, m.Field+":"+m.Message.Key)
	}
	return strings.Join(all, " ")
}

func TestInput_bind(t *testing.T) {
	t.Parallel()
	type fields struct {
		Code  string `json:"code"     required:"true"`
		Other string `json:"other"    required:"sent"`
		Free  string `json:"nickname"`
	}
	for name, c := range map[string]struct {
		in   flow.Input
		want fields
		said string
	}{
		"form":            {formOf(t, "code=1&other=2&nickname=3&unknown=4"), fields{"1", "2", "3"}, ""},
		"JSON":            {object(t, `{"code":"1","other":"2","unknown":{}}`), fields{"1", "2", ""}, ""},
		"JSON null":       {object(t, `{"code":null,"other":"2"}`), fields{"", "2", ""}, "code:" + message.KeyMissing},
		"empty":           {formOf(t, "code=&other="), fields{}, "code:" + message.KeyEmpty + " other:" + message.KeyMissing},
		"missing":         {formOf(t, ""), fields{}, "code:" + message.KeyMissing + " other:" + message.KeyMissing},
		"number":          {object(t, `{"code":7,"other":"2"}`), fields{"", "2", ""}, "code:" + message.KeyWrongType},
		"optional number": {object(t, `{"code":"1","other":"2","nickname":[1]}`), fields{"1", "2", ""}, "nickname:" + message.KeyWrongType},
		"other types":     {object(t, `{"code":true,"other":{}}`), fields{}, "code:" + message.KeyWrongType + " other:" + message.KeyWrongType},
	} {
		var got fields
		if err := c.in.Bind(&got); got != c.want || said(err) != c.said {
			t.Errorf("%s: %+v, %q; want %+v, %q", name, got, said(err), c.want, c.said)
		}
	}
}

func TestInput_renamed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		in   flow.Input
		want string
	}{
		"form":             {formOf(t, "old=1"), "1"},
		"JSON":             {object(t, `{"old":"1"}`), "1"},
		"both are sent":    {formOf(t, "old=1&new=2"), "2"},
		"neither is sent":  {formOf(t, "x=1"), ""},
		"of another type":  {object(t, `{"old":7}`), ""},
		"JSON, both":       {object(t, `{"old":"1","new":"2"}`), "2"},
		"new one is empty": {formOf(t, "old=1&new="), ""},
	} {
		renamed := c.in.Renamed("old", "new")
		if got, _, _ := renamed.Text("new"); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	if _, _, got := object(t, `{"old":7}`).Renamed("old", "new").Text("new"); got != "number" {
		t.Errorf("the ill-typed value is not reported: %q", got)
	}
}

func TestInput_hidesValues(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]flow.Input{
		"input of 2 fields": formOf(t, "password=secret&identifier=ada"),
		"input of 1 fields": object(t, `{"password":"secret"}`),
		"input of 0 fields": flow.BrokenInput(message.Of(message.KeyBodyEmpty)),
	} {
		if want.String() != in {
			t.Errorf("%s, want %s", want, in)
		}
	}
	in := object(t, `{"a":1}`)
	if in.Form() != nil || string(in.Object()["a"]) != "1" || formOf(t, "a=1").Form().Get("a") != "1" {
		t.Error("an input loses what was sent")
	}
	if in.IsWhole() || !in.Whole().IsWhole() {
		t.Error("an input is whole unasked, or not when asked")
	}
}

func TestRejected(t *testing.T) {
	t.Parallel()
	one, other := flow.Reject("a", message.Of(message.KeyEmpty)), flow.Reject("b", message.Missing("b"))
	broken := errors.New("disk full")
	for name, c := range map[string]struct {
		one, other error
		want       string
	}{
		"both":          {one, other, "submission rejected; a field.empty; b missing"},
		"only one":      {one, nil, "submission rejected; a field.empty"},
		"only other":    {nil, other, "submission rejected; b missing"},
		"failure first": {broken, other, "disk full"},
		"failure last":  {one, broken, "disk full"},
	} {
		if got := flow.BothRejected(c.one, c.other); got.Error() != c.want {
			t.Errorf("%s: %v, want %s", name, got, c.want)
		}
	}
	why := &flow.Rejected{Cause: broken}
	if why.Error() != "submission rejected: disk full" || !errors.Is(why, broken) {
		t.Errorf("%v", why)
	}
}
