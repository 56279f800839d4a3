package internal_test

import (
	"go/ast"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// oldNames are names that said less than the field's words, with what took their
// place. One concept has one word: a new declaration under an old name would bring the
// second one back.
var oldNames = map[string]string{
	// Storage.
	"errAgain": "errRetryable", "turns": "committer", "aside": "pollConn", "lately": "listOnReplica", "TakeDuty": "AcquireLease",
	"HoldIdentity": "LockIdentity", "EndResume": "ClearResumeHashes", "SettleMessage": "RecordDelivery", "mendRecord": "repairVersionTable",
	"patience": "timeout", "rests": "retryAfter", "flag": "boolCol", "edge": "truncateTime", "Announce": "RecordChange", "Wake": "Notify",
	// Sessions.
	"Heard": "ApplyInvalidations", "Hears": "CacheUsable", "TrustFor": "MaxStaleness", "longDeaf": "maxGap", "Forget": "Invalidate",
	// Flows.
	"Journeys": "no interface", "takeAway": "consumeState", "outrun": "retried", "errOutrun": "errCredentialChanged", "forfeit": "keepAttempts",
	"ProvedSubject": "ProvedExternalAccount", "NoSubject": "RemoveCredential", "Charge": "Count", "Spend": "CountMail", "spendNews": "CountNotice",
	"supersede": "invalidateOlderLinks", "tellOwners": "notifyExistingOwners", "moveOn": "switchKind", "kindFor": "kindAfter",
	"JudgeReturn": "ValidateReturnTo", "errForeign": "errFlowOwnerMismatch", "again": "forSignedIn", "unchanged": "stillValid",
	// Identities.
	"Redraft": "DraftFrom", "Unchanged": "DraftUnchanged", "KeepOld": "RetainOldAddresses", "LostAddresses": "RemovedAddresses", "Settle": "DropRetained",
	"Ways": "FirstFactors", "united": "merge",
	// Transports.
	"untoken": "public", "allowance": "byteBudget", "unlessZero": "omitZero", "Unborn": "inactiveSession", "submitRefused": "writeFlowError",
	"startRefused": "writeFlowError", "drawer": "formRenderer", "PagePlaces": "PageSessions", "EndPlace": "EndSession",
	// The rest.
	"anew": "forceLogin", "addressee": "localizedQueue", "tellFailures": "publishAttempts", "learnFailures": "loadAttempts", "adminNamed": "allowedAdminHosts",
	"databaseWithin": "startupTimeout", "toldOf": "pending", "postpone": "pending", "giveBack": "refund", "judgeOf": "validatorOf", "lateFormat": "deferredFormat",
	"settle": "the effect: mark, record, drop",
}

func TestOldNames(t *testing.T) {
	t.Parallel()
	for _, p := range mustPackages(t) {
		if p.support() {
			continue
		}
		for _, f := range p.files(t) {
			for _, name := range declared(f.File) {
				if better, old := oldNames[name.Name]; old {
					t.Errorf("%s:%d declares %s: the word for it is %s", f.path, f.set.Position(name.Pos()).Line, name.Name, better)
				}
				if name.Name == "judge" && !p.of("flow") {
					t.Errorf("%s:%d declares judge: the flow engine judges a submission, all else checks or verifies", f.path, f.set.Position(name.Pos()).Line)
				}
			}
		}
	}
}

// declared lists the functions, methods, types, constants and variables of a file.
func declared(f *ast.File) []*ast.Ident {
	var names []*ast.Ident
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			names = append(names, d.Name)
		case *ast.GenDecl:
			for _, s := range d.Specs {
				switch s := s.(type) {
				case *ast.TypeSpec:
					names = append(names, s.Name)
				case *ast.ValueSpec:
					names = append(names, s.Names...)
				}
			}
		}
	}
	return names
}

// vague are words behind which the subject of a sentence hides: name the caller, the
// node, the operator, the visitor instead. "Is no error" is here too: write "is not an error".
var vague = regexp.MustCompile(`\b((?:[Ww]hat|[Ww]hich|[Tt]hat|[Ii]t) is no \w|[Ww]hoever|[Ww]hatever|[Nn]obody|[Ss]omebody|anew|lately|(?:is|are) told of|of (?:its|their|his|her) own accord)\b`)

// notProse are keys and names of programs that hold such a word.
var notProse = regexp.MustCompile(`code\.nobody\.|"mysql", "nobody"| is no (?:longer|more|such|way|need|use|other)\b`)

// maxVague is how many lines may hold a vague word, so that a quotation is possible.
const maxVague = 20

func TestPlainWords(t *testing.T) {
	t.Parallel()
	var found []string
	for _, root := range []string{"../internal", "../cmd", "../client", "../test", "../docs", "../api", "../CHANGELOG.md", "../README.md", "../CONTRIBUTING.md", "../SECURITY.md"} {
		err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case entry.IsDir() && (entry.Name() == "testdata" || entry.Name() == "node_modules" || entry.Name() == "migrations"):
				return fs.SkipDir
			case entry.IsDir() || !isProse(path):
				return nil
			}
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			for i, line := range strings.Split(string(text), "\n") {
				if vague.MatchString(notProse.ReplaceAllString(line, "")) {
					found = append(found, path+":"+strconv.Itoa(i+1)+": "+strings.TrimSpace(line))
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(found) > maxVague {
		t.Errorf("%d lines hide who acts, more than %d: name the caller, the node, the operator, the visitor\n%s", len(found), maxVague, strings.Join(found, "\n"))
	}
}

// isProse reports whether people read sentences of a file.
func isProse(path string) bool {
	switch filepath.Ext(path) {
	case ".go":
		return !strings.HasSuffix(path, "arch_words_test.go")
	case ".md", ".sql", ".html", ".gotmpl", ".yaml":
		return true
	case ".json":
		return strings.HasSuffix(path, "locales/en.json")
	}
	return false
}
