package cli

import (
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/symbolon/symbolon/internal/passhash"
)

func TestAPasswordIsHashedFromTheFirstLine(t *testing.T) {
	t.Parallel()
	hasher, err := passhash.New(passhash.Config{})
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct{ stdin, password string }{
		"with a line end":    {"correct horse\n", "correct horse"},
		"with that of files": {"correct horse\r\n", "correct horse"},
		"without one":        {"correct horse", "correct horse"},
		"with lines behind":  {"correct\nhorse\n", "correct"},
		"with blanks":        {" correct horse \n", " correct horse "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := (&server{}).run(t, test.stdin, "hashers", "argon2", "hash", "-m", "64KB", "-i", "1")
			hash := strings.TrimSuffix(got.out, "\n")
			if result, err := hasher.Verify(t.Context(), hash, test.password); err != nil || !result.Match || !strings.HasPrefix(hash, "$argon2id$v=19$m=64,t=1,p=1$") {
				t.Errorf("%+v does not verify: %+v %v", got, result, err)
			}
		})
	}
}

func TestPasswordsAndParametersThatAreNoneAreRefused(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		stdin, args string
		code        int
		want        string
	}{
		"no password":          {"", "hash", exitFailed, "there is no password"},
		"an empty line":        {"\nsecret\n", "hash", exitFailed, "there is no password"},
		"one without end":      {strings.Repeat("x", 1<<20), "hash", exitFailed, "longer than 4096 bytes"},
		"one that is no text":  {"\xff\xfe\n", "hash", exitFailed, "not UTF-8"},
		"one as an argument":   {"", "hash secret", exitUsage, `unknown command "secret"`},
		"too little memory":    {"x\n", "hash -m 7KB", exitUsage, "RFC 9106 asks for 8KB"},
		"too much memory":      {"x\n", "hash -m 65GB", exitUsage, "at most 64GB"},
		"no amount of memory":  {"x\n", "hash -m lots", exitUsage, "must be an amount of memory"},
		"memory that wraps":    {"x\n", "hash -m 4294967295GB", exitUsage, "must be an amount of memory"},
		"negative memory":      {"x\n", "hash -m -1MB", exitUsage, "must be an amount of memory"},
		"no iteration":         {"x\n", "hash -i 0", exitUsage, "iterations must be from 1"},
		"no lane":              {"x\n", "hash --parallelism 0", exitUsage, "--parallelism must be from 1"},
		"too many lanes":       {"x\n", "hash --parallelism 256", exitUsage, "--parallelism must be from 1 to 255"},
		"a short salt":         {"x\n", "hash --salt-length 8", exitUsage, "--salt-length must be from 16"},
		"no duration":          {"", "calibrate soon", exitUsage, "is not a duration"},
		"a duration of hours":  {"", "calibrate 2h", exitUsage, "is not a duration from 1ms to 1m"},
		"no probes":            {"", "calibrate -r 0", exitUsage, "--probe-runs must be"},
		"a start over the end": {"", "calibrate -m 2GB --max-memory 1GB", exitUsage, "--start-memory is 2GB and --max-memory 1GB"},
		"too little time":      {"", "calibrate 1ms -m 64MB -r 1", exitFailed, "allow more time"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := (&server{}).run(t, test.stdin, append([]string{"hashers", "argon2"}, strings.Fields(test.args)...)...)
			if got.code != test.code || !strings.Contains(got.err, test.want) || strings.Contains(got.out, "$argon2id") {
				t.Errorf("want %d and %q, got %+v", test.code, test.want, got)
			}
		})
	}
}

func TestCalibrationPrintsConfiguration(t *testing.T) {
	t.Parallel()
	args := []string{"hashers", "argon2", "calibrate", "1m", "-m", "64KB", "--max-memory", "64KB", "-r", "1", "-q"}
	yaml := (&server{}).run(t, "", args...)
	if yaml.code != exitOK || yaml.err != "" || !strings.HasPrefix(yaml.out, "# A hash takes ") || !strings.Contains(yaml.out, "    argon2:\n        memory: 64\n        iterations: 100\n") {
		t.Fatalf("got %+v", yaml)
	}
	path := configFile(t, "dsn: memory\n"+strings.Replace(yaml.out, "memory: 64\n", "memory: 16384\n", 1))
	if checked := execute(t, nil, "config", "validate", "-c", path); checked.code != exitOK {
		t.Errorf("it is no configuration: %+v", checked)
	}
	asJSON := (&server{}).run(t, "", append(args, "--format", "json")...)
	var result map[string]int
	if err := json.Unmarshal([]byte(asJSON.out), &result); err != nil || result["iterations"] != 100 || result["salt_length"] != 16 {
		t.Errorf("%v in %s", err, asJSON.out)
	}
}

// machine takes a time for each KiB and iteration, and a little more beyond a
// point, as real ones do.
func machine(perKiB time.Duration, knee uint32, tried *int) func(passhash.Argon2) (time.Duration, error) {
	return func(p passhash.Argon2) (time.Duration, error) {
		*tried++
		took := time.Duration(p.MemoryKiB*p.Iterations) * perKiB
		if p.MemoryKiB > knee {
			took += took / 4
		}
		return took, nil
	}
}

func TestCalibrationFindsTheStrongestWithinTheTime(t *testing.T) {
	t.Parallel()
	start := passhash.Argon2{MemoryKiB: 1 << 10, Iterations: 1, Parallelism: 1}
	for name, test := range map[string]struct {
		perKiB             time.Duration
		knee, most         uint32
		memory, iterations uint32
	}{
		"memory to its bound, then iterations": {time.Microsecond, 1 << 30, 64 << 10, 64 << 10, 7},
		"memory alone where it takes it all":   {10 * time.Microsecond, 1 << 30, 1 << 20, 48 << 10, 1},
		"a machine that slows down":            {10 * time.Microsecond, 20 << 10, 1 << 20, 39 << 10, 1},
		"a machine without limits":             {0, 1 << 30, 1 << 20, 1 << 20, maxCalibrated},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tried := 0
			c := &calibration{target: 500 * time.Millisecond, most: test.most, step: 1 << 10, measure: machine(test.perKiB, test.knee, &tried)}
			found, took, err := c.run(start)
			if err != nil || found.MemoryKiB != test.memory || found.Iterations != test.iterations {
				t.Errorf("found %+v, %v; want %d KiB and %d iterations", found, err, test.memory, test.iterations)
			}
			if took > c.target || tried > 30 {
				t.Errorf("it takes %s, found after %d tries", took, tried)
			}
		})
	}
}

func TestCalibrationEndsWhateverTheMachineDoes(t *testing.T) {
	t.Parallel()
	for seed := range 200 {
		tried := 0
		c := &calibration{target: 100 * time.Millisecond, most: 1 << 20, step: 1 << 10, measure: func(p passhash.Argon2) (time.Duration, error) {
			// Anything between nothing and twice the time, without rhyme or reason.
			tried++
			if tried > 5000 {
				return 0, errors.New("it does not end")
			}
			return time.Duration((uint32(seed)*2654435761+p.MemoryKiB*40503+p.Iterations*69069)%200) * time.Millisecond, nil
		}}
		_, took, err := c.run(passhash.Argon2{MemoryKiB: 1 << 10, Iterations: 1, Parallelism: 1})
		if took > c.target || err != nil && !strings.Contains(err.Error(), "allow more time") {
			t.Errorf("seed %d: %s %v", seed, took, err)
		}
	}
}

func TestAmountsOfMemoryAreReadAsTheyAreWritten(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]memorySize{"64": 64, "64KB": 64, "64 kib": 64, "2MB": 2048, "2m": 2048, "1GB": 1 << 20, "1Gib": 1 << 20} {
		var got memorySize
		if err := got.Set(text); err != nil || got != want {
			t.Errorf("%q is read as %d: %v", text, got, err)
		}
		var again memorySize
		if err := again.Set(got.String()); err != nil || again != got {
			t.Errorf("%d is written as %q, which is %d: %v", got, got.String(), again, err)
		}
	}
}

func TestAPasswordIsReadToTheEndOfItsLineAlone(t *testing.T) {
	t.Parallel()
	in := strings.NewReader("first\nsecond\n")
	if line, err := readLine(in); err != nil || line != "first" {
		t.Errorf("read %q: %v", line, err)
	}
	if rest, _ := io.ReadAll(in); string(rest) != "second\n" {
		t.Errorf("left %q", rest)
	}
}
