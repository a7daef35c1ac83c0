package ordeal

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"plumbline/internal/apptest/needs"
	"plumbline/internal/apptest/poll"
)

// kernelRoots are where a kernel for the guest may lie, with its modules.
var kernelRoots = []string{"/var/cache/plumbline/kernel", "/"}

// guestModules are the drivers of Debian's cloud kernel that the guest loads, in
// this order; ext4 is built in.
var guestModules = []string{"virtio_ring", "virtio", "virtio_pci_modern_dev", "virtio_pci_legacy_dev", "virtio_pci", "virtio_blk",
	"failover", "net_failover", "virtio_net"}

// The power is cut in the middle of writing, at any moment. Whatever the disk
// had not been made to keep is gone, whole or in part; what was acknowledged is
// there. Linked with synchronous=NORMAL the same program must lose something,
// or this test is blind.
func TestPowerCut(t *testing.T) {
	cuts := nightly(20, 500)
	var lost, torn int
	full := cutPower(t, "FULL", cuts, func(t *testing.T, c cut) {
		torn += c.torn
		for _, f := range c.known.faults(t, c.at) {
			t.Error(f)
		}
		if t.Failed() {
			return
		}
		verify(t, c.at)
		comesBack(t, c)
	})
	normal := cutPower(t, "NORMAL", nightly(4, 40), func(t *testing.T, c cut) {
		for _, f := range c.known.faults(t, c.at) {
			if strings.Contains(f, "LOST") {
				lost++
			}
		}
	})
	if lost == 0 && !t.Failed() {
		t.Error("with synchronous=NORMAL nothing was lost: the ordeal is blind")
	}
	if torn == 0 && !t.Failed() {
		t.Error("no cut took a sector from the disk: the ordeal is blind")
	}
	fmt.Printf("%s: %s; %d sectors lost from the disk's cache, no acknowledged write. With synchronous=NORMAL, %s: %d acknowledged writes lost\n",
		t.Name(), full, torn, normal, lost)
}

// cut is a site as a power cut has left it, and what had been acknowledged.
type cut struct {
	at    place
	known *load
	torn  int // sectors that had been written and were not there
}

// comesBack starts the server on what the cut has left: it is soon ready, is
// not frozen, and answers what is asked again.
func comesBack(t *testing.T, c cut) {
	t.Helper()
	s := serve(t, c.at)
	defer s.kill()
	if s.ready > readyLimit {
		t.Errorf("ready after %v", s.ready)
	}
	for i, cl := range c.known.clients {
		key := fmt.Sprintf("%s-%d-%d", c.known.name, i, cl.n)
		status, id, raw, err := c.known.write(s.base, key)
		if err != nil || status != http.StatusCreated {
			t.Errorf("%s asked again: %d %s %v", key, status, raw, err)
			return
		}
		cl.acked[key] = id
		cl.n++
	}
	c.known.judge(t, c.at)
}

// cutPower boots the machine with a program linked so, cuts its power that many
// times and shows each time what was left.
func cutPower(t *testing.T, synchronous string, cuts int, see func(t *testing.T, c cut)) (said string) {
	m := newMachine(t, synchronous)
	l := newLoad("power", 8)
	l.token = m.token
	began := time.Now()
	m.boot(t)
	booted := time.Since(began)
	stop := make(chan struct{})
	wg := l.run(t, m.base, stop)
	var list []cut
	var images []map[int64][]byte
	for range cuts {
		if !l.reach(t, l.acks.Load()+int64(1+rand.IntN(24)), time.Minute) {
			t.Fatalf("nothing is written any more:\n%s", m.log(t))
		}
		poll.Moment(3 * time.Millisecond)
		var c cut
		select {
		case left := <-m.disk.cut(1+rand.IntN(12), func() { c.known = l.known() }):
			c.torn = left.torn
			list, images = append(list, c), append(images, left.blocks)
		case <-time.After(time.Minute):
			t.Fatalf("the guest writes no more:\n%s", m.log(t))
		}
	}
	m.off()
	close(stop)
	l.http.CloseIdleConnections()
	wg.Wait()
	for i, c := range list {
		if t.Failed() {
			t.Fatalf("at cut %d:\n%s", i, m.log(t))
		}
		c.at = m.extract(t, images[i])
		see(t, c)
		images[i] = nil
		if err := os.RemoveAll(c.at.dir); err != nil {
			t.Fatal(err)
		}
	}
	return fmt.Sprintf("%d cuts under %d acknowledged writes, %d flushes, booted in %v", cuts, l.acks.Load(), m.disk.flushes,
		booted.Round(100*time.Millisecond))
}

// machine is a virtual one, in software only, with one disk.
type machine struct {
	dir    string
	kernel string
	initrd string
	disk   *disk
	token  string
	base   string
	qemu   *exec.Cmd
}

var sourceFolder, _ = os.Getwd()

func newMachine(t *testing.T, synchronous string) *machine {
	t.Helper()
	for _, tool := range []string{"qemu-system-x86_64", "mke2fs", "e2fsck", "debugfs"} {
		if _, err := exec.LookPath(tool); err != nil {
			needs.Missing(t, "qemu", "no "+tool+"; install qemu-system-x86 and e2fsprogs")
		}
	}
	kernel, modules := findKernel(t)
	m := &machine{dir: t.TempDir(), kernel: kernel}
	guest := filepath.Join(m.dir, "guest")
	build := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w -X plumbline/internal/store/dialect.synchronous="+synchronous, "-o",
		guest, "plumbline/internal/ordeal/guest")
	build.Dir, build.Env = sourceFolder, append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH=amd64")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the guest: %v %s", err, out)
	}
	m.initrd = filepath.Join(m.dir, "initrd")
	if err := writeInitrd(m.initrd, guest, modules); err != nil {
		t.Fatal(err)
	}
	p := newPlace(t, "")
	s := serve(t, p)
	l := newLoad("before", 1)
	l.signIn(t, s.base)
	m.token = l.token
	if err := s.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	<-s.ended
	image := filepath.Join(m.dir, "image")
	if out, err := exec.Command("mke2fs", "-q", "-t", "ext4", "-E", "lazy_itable_init=0,lazy_journal_init=0", "-d", p.dir, image,
		"96M").CombinedOutput(); err != nil {
		t.Fatalf("mke2fs: %v %s", err, out)
	}
	base, err := os.ReadFile(image)
	if err != nil {
		t.Fatal(err)
	}
	m.disk = newDisk(base)
	return m
}

func findKernel(t *testing.T) (kernel string, modules []string) {
	t.Helper()
	for _, root := range kernelRoots {
		images, _ := filepath.Glob(filepath.Join(root, "boot/vmlinuz-*-cloud-amd64"))
		for _, image := range images {
			version := strings.TrimPrefix(filepath.Base(image), "vmlinuz-")
			modules = nil
			_ = filepath.WalkDir(filepath.Join(root, "lib/modules", version), func(path string, _ os.DirEntry, err error) error {
				modules = append(modules, path)
				return err
			})
			return image, modules
		}
	}
	needs.Missing(t, "qemu", "no kernel for the guest; script/prepare unpacks Debian's linux-image-cloud-amd64")
	return "", nil
}

// writeInitrd writes the guest's first file system: the program and drivers.
func writeInitrd(file, guest string, modules []string) error {
	var b bytes.Buffer
	number := 0
	add := func(name string, mode int, content []byte) {
		number++
		fmt.Fprintf(&b, "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x", number, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0,
			len(name)+1, 0)
		b.WriteString(name + "\x00")
		b.Write(make([]byte, (4-b.Len()%4)%4))
		b.Write(content)
		b.Write(make([]byte, (4-b.Len()%4)%4))
	}
	for _, folder := range []string{"dev", "proc", "data", "tmp", "modules"} {
		add(folder, 0o040755, nil)
	}
	program, err := os.ReadFile(guest)
	if err != nil {
		return err
	}
	add("init", 0o100755, program)
	for i, name := range guestModules {
		for _, path := range modules {
			if filepath.Base(path) != name+".ko" {
				continue
			}
			driver, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			add(fmt.Sprintf("modules/%02d-%s.ko", i, name), 0o100644, driver)
		}
	}
	add("TRAILER!!!", 0, nil)
	return os.WriteFile(file, b.Bytes(), 0o600)
}

// boot starts the machine and waits until its server answers.
func (m *machine) boot(t *testing.T) {
	t.Helper()
	socket := filepath.Join(m.dir, "disk")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			err = m.disk.serve(c)
			if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, net.ErrClosed) && !errors.Is(err, syscall.ECONNRESET) {
				fmt.Fprintln(os.Stderr, "disk:", err)
			}
		}
	}()
	port, err := net.Listen("tcp", "127.0.0.1:0") // a free one
	if err != nil {
		t.Fatal(err)
	}
	address := port.Addr().String()
	_ = port.Close()
	m.base = "http://" + address
	m.qemu = exec.Command("qemu-system-x86_64", "-machine", "pc", "-accel", "tcg,thread=multi", "-cpu", "max", "-smp", "1", "-m", "768",
		"-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-serial", "file:"+filepath.Join(m.dir, "console"),
		"-kernel", m.kernel, "-initrd", m.initrd, "-append", "console=ttyS0 panic=-1 quiet mitigations=off tsc=unstable",
		"-drive", "if=none,id=d,format=raw,cache=writeback,file=nbd+unix:///?socket="+socket, "-device", "virtio-blk-pci,drive=d",
		"-netdev", "user,id=n,restrict=on,hostfwd=tcp:"+address+"-10.0.2.15:8080", "-device", "virtio-net-pci,netdev=n,romfile=")
	var said bytes.Buffer
	m.qemu.Stderr = &said
	if err := m.qemu.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.off)
	client := &http.Client{Timeout: 5 * time.Second}
	ready := poll.Until(time.Minute, func() bool {
		res, err := client.Get(m.base + "/readyz")
		if err != nil {
			return false
		}
		_ = res.Body.Close()
		return res.StatusCode == http.StatusOK
	})
	if !ready {
		t.Fatalf("the machine never answered: %s\n%s", said.String(), m.log(t))
	}
}

// off pulls the plug.
func (m *machine) off() {
	if m.qemu != nil {
		_ = m.qemu.Process.Kill()
		_ = m.qemu.Wait()
		m.qemu = nil
	}
}

// log is the end of what the machine wrote to its console.
func (m *machine) log(t *testing.T) string {
	raw, err := os.ReadFile(filepath.Join(m.dir, "console"))
	if err != nil {
		t.Log(err)
	}
	return string(raw[max(0, len(raw)-4000):])
}

// extract repairs a disk as the next boot would, from its journal, and takes
// the site out of it.
func (m *machine) extract(t *testing.T, left map[int64][]byte) place {
	t.Helper()
	dir, err := os.MkdirTemp(m.dir, "cut-")
	if err != nil {
		t.Fatal(err)
	}
	image := filepath.Join(dir, "image")
	if err := m.disk.save(left, image); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("e2fsck", "-f", "-y", image).CombinedOutput()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() > 2 || err != nil && exit == nil {
		t.Fatalf("e2fsck: %v %s", err, out)
	}
	if out, err := exec.Command("debugfs", "-R", "rdump / "+dir, image).CombinedOutput(); err != nil {
		t.Fatalf("debugfs: %v %s", err, out)
	}
	if err := os.Remove(image); err != nil {
		t.Fatal(err)
	}
	p := place{dir: dir, db: filepath.Join(dir, "site.db")}
	if _, err := os.Stat(p.db); err != nil {
		t.Fatalf("%v; the disk holds %v", err, names(t, dir))
	}
	return p
}
