//go:build linux && amd64

// Command guest is the first and only process of the virtual machine whose
// power is cut: it loads the drivers for the disk and the network, mounts the
// disk, and is from then on the server, built from the same packages as
// plumbline. It runs nowhere else.
package main

import (
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"sort"
	"syscall"
	"time"
	"unsafe"

	"plumbline/internal/cli"
)

func main() {
	if os.Getpid() != 1 {
		fmt.Fprintln(os.Stderr, "this is the first process of a virtual machine, not a command")
		os.Exit(2)
	}
	if err := prepare(); err != nil {
		fmt.Println("guest:", err)
	} else {
		cli.Main([]string{"serve", "--addr", "10.0.2.15:8080", "--db", "/data/site.db"}, os.Stdout, os.Stdout)
	}
	_ = syscall.Reboot(syscall.LINUX_REBOOT_CMD_POWER_OFF)
}

func prepare() error {
	for _, m := range []struct{ what, where string }{{"devtmpfs", "/dev"}, {"proc", "/proc"}, {"tmpfs", "/tmp"}} {
		if err := syscall.Mount(m.what, m.where, m.what, 0, ""); err != nil && err != syscall.EBUSY {
			return fmt.Errorf("mount %s: %w", m.where, err)
		}
	}
	modules, err := filepath.Glob("/modules/*.ko")
	if err != nil {
		return err
	}
	sort.Strings(modules) // their names begin with their order
	for _, m := range modules {
		if err := load(m); err != nil {
			return fmt.Errorf("load %s: %w", m, err)
		}
	}
	if err := await("/dev/vda"); err != nil {
		return err
	}
	if err := syscall.Mount("/dev/vda", "/data", "ext4", 0, ""); err != nil {
		return fmt.Errorf("mount the disk: %w", err)
	}
	return address("eth0", [4]byte{10, 0, 2, 15})
}

// await waits for a device that a driver has yet to find.
func await(path string) error {
	for range 500 {
		if _, err := os.Stat(path); err == nil {
			return nil
		} else if !os.IsNotExist(err) {
			return err
		}
		<-time.After(10 * time.Millisecond)
	}
	return &fs.PathError{Op: "await", Path: path, Err: fs.ErrNotExist}
}

const sysFinitModule = 313 // of amd64; package syscall has no name for it

func load(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	none := []byte{0}
	if _, _, no := syscall.Syscall(sysFinitModule, f.Fd(), uintptr(unsafe.Pointer(&none[0])), 0); no != 0 && no != syscall.EEXIST {
		return no
	}
	return nil
}

// request is the kernel's struct ifreq.
type request struct {
	name [syscall.IFNAMSIZ]byte
	data [24]byte
}

// address gives the interface an address in a net of 256 and switches it on.
func address(name string, ip [4]byte) error {
	for range 500 {
		if _, err := net.InterfaceByName(name); err == nil {
			break
		}
		<-time.After(10 * time.Millisecond)
	}
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_DGRAM, 0)
	if err != nil {
		return err
	}
	defer func() { _ = syscall.Close(fd) }()
	inet := func(ip [4]byte) (d [24]byte) {
		d[0] = syscall.AF_INET
		copy(d[4:], ip[:])
		return d
	}
	up := [24]byte{syscall.IFF_UP | syscall.IFF_RUNNING}
	for _, step := range []struct {
		call uintptr
		data [24]byte
	}{{syscall.SIOCSIFADDR, inet(ip)}, {syscall.SIOCSIFNETMASK, inet([4]byte{255, 255, 255, 0})}, {syscall.SIOCSIFFLAGS, up}} {
		r := request{data: step.data}
		copy(r.name[:], name)
		if _, _, no := syscall.Syscall(syscall.SYS_IOCTL, uintptr(fd), step.call, uintptr(unsafe.Pointer(&r))); no != 0 {
			return fmt.Errorf("set up %s: %w", name, no)
		}
	}
	return nil
}
