package passhash

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTheMemoryLimitIsTheLeastThatHolds(t *testing.T) {
	t.Parallel()
	const (
		gib     = 1 << 30
		meminfo = "MemTotal:       8388608 kB\nMemFree:         123456 kB\n" // 8 GiB
		none    = math.MaxInt64
	)
	tests := map[string]struct {
		files   map[string]string
		goLimit int64
		want    int64
	}{
		"nothing is known":    {nil, none, none},
		"only the machine is": {map[string]string{"proc/meminfo": meminfo}, none, 8 * gib},
		"GOMEMLIMIT is less":  {map[string]string{"proc/meminfo": meminfo}, gib, gib},
		"cgroup v2, own group": {map[string]string{
			"proc/meminfo": meminfo, "proc/self/cgroup": "0::/app\n", "sys/fs/cgroup/app/memory.max": "268435456\n",
		}, none, 256 << 20},
		"cgroup v2, a group around it": {map[string]string{
			"proc/meminfo": meminfo, "proc/self/cgroup": "0::/pod/app\n",
			"sys/fs/cgroup/pod/memory.max": "1073741824\n", "sys/fs/cgroup/pod/app/memory.max": "2147483648\n",
		}, none, gib},
		"cgroup v2 without a limit": {map[string]string{
			"proc/meminfo": meminfo, "proc/self/cgroup": "0::/app\n", "sys/fs/cgroup/app/memory.max": "max\n",
		}, none, 8 * gib},
		"cgroup v2, a container whose path is that of the host": {map[string]string{
			"proc/meminfo": meminfo, "proc/self/cgroup": "0::/docker/4f1d\n", "sys/fs/cgroup/memory.max": "536870912\n",
		}, none, 512 << 20},
		"cgroup v2, a path above the mount": {map[string]string{
			"proc/meminfo": meminfo, "proc/self/cgroup": "0::/../..\n", "sys/fs/cgroup/memory.max": "536870912\n",
		}, none, 512 << 20},
		"cgroup v1": {map[string]string{
			"proc/meminfo": meminfo, "proc/self/cgroup": "5:cpu,cpuacct:/x\n4:hugetlb,memory:/pod/app\n0::/\n",
			"sys/fs/cgroup/memory/pod/app/memory.limit_in_bytes": "268435456\n",
		}, none, 256 << 20},
		"cgroup v1, another controller's path is not memory's": {map[string]string{
			"proc/meminfo": meminfo, "proc/self/cgroup": "5:cpu:/small\n4:memory:/app\n",
			"sys/fs/cgroup/memory/small/memory.limit_in_bytes": "1048576\n", "sys/fs/cgroup/memory/app/memory.limit_in_bytes": "268435456\n",
		}, none, 256 << 20},
		"cgroup v1 above the machine means none": {map[string]string{
			"proc/meminfo": meminfo, "proc/self/cgroup": "4:memory:/app\n", "sys/fs/cgroup/memory/app/memory.limit_in_bytes": "9223372036854771712\n",
		}, none, 8 * gib},
		"without /proc the mount still counts": {map[string]string{"sys/fs/cgroup/memory.max": "268435456\n"}, none, 256 << 20},
		"GOMEMLIMIT above a cgroup's": {map[string]string{
			"proc/meminfo": meminfo, "proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "268435456\n",
		}, gib, 256 << 20},
		"nonsense is not a limit": {map[string]string{
			"proc/meminfo": "MemTotal: many kB\n", "proc/self/cgroup": "what\n::\n", "sys/fs/cgroup/memory.max": "-1\n",
		}, none, none},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := memoryLimit(plant(t, test.files), test.goLimit); got != test.want {
				t.Errorf("limit %d, want %d", got, test.want)
			}
		})
	}
}

// plant writes files below a directory that stands in for the root.
func plant(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, content := range files {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func TestTheLimitOfThisMachineIsFound(t *testing.T) {
	t.Parallel()
	if limit := memoryLimit("/", math.MaxInt64); limit < 64<<20 || limit == math.MaxInt64 {
		t.Errorf("this process may use %d bytes, says the system", limit)
	}
}

func TestTheBudgetIsAQuarterOfTheLimitAndAtMostAGibibyte(t *testing.T) {
	t.Parallel()
	for limit, want := range map[int64]int64{256 << 20: 64 << 20, 4 << 30: 1 << 30, 64 << 30: 1 << 30, math.MaxInt64: 1 << 30} {
		if got := deriveBudget(limit); got != want {
			t.Errorf("of %d bytes the budget is %d, want %d", limit, got, want)
		}
	}
}

func TestThereIsAlwaysRoomForOneNewHash(t *testing.T) {
	t.Parallel()
	h, err := New(Config{Budget: 1})
	if err != nil {
		t.Fatal(err)
	}
	if got := h.Stats().Budget; got != Default().bytes() {
		t.Errorf("budget %d, want the %d bytes of one hash", got, Default().bytes())
	}
}

func TestAHashThatTheProcessHasNoMemoryForIsRefused(t *testing.T) {
	t.Parallel()
	h, err := New(Config{Budget: 64 << 20})
	if err != nil {
		t.Fatal(err)
	}
	h.largest = largestHash(256 << 20)
	const tail = "$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"
	for hash, fits := range map[string]bool{
		"$argon2id$v=19$m=196608,t=1,p=1" + tail: true, // 192 MiB
		"$argon2id$v=19$m=196609,t=1,p=1" + tail: false,
		"$scrypt$ln=17,r=8,p=1" + tail:           true, // 128 MiB
		"$scrypt$ln=18,r=8,p=1" + tail:           false,
	} {
		if err := h.Check(hash); (err == nil) != fits {
			t.Errorf("%s in 256 MiB: %v", hash, err)
		}
	}
}

func TestNew_moreMemoryThanThereIs(t *testing.T) {
	t.Parallel()
	large := Default()
	large.MemoryKiB = math.MaxUint32 // 4 TiB
	if _, err := New(Config{Argon2: large}); err == nil || !strings.Contains(err.Error(), "hashers.argon2.memory: 4194303 MiB for one hash are more than the ") {
		t.Errorf("got %v", err)
	}
}
