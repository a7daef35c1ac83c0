package ordeal

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"os"
	"sync"
)

// disk is a block device with a volatile cache, served over NBD: what was
// written is lost at a power cut, whole or in part, until the guest asks for a
// flush. It lies in memory over an image that never changes.
type disk struct {
	base []byte

	mu      sync.Mutex
	now     map[int64][]byte // blocks as the guest reads them
	stable  map[int64][]byte // blocks as of the last flush
	pending []pending        // writes since then, in their order
	flushes int
	armed   int // the cut happens inside so many writes from now; 0 for none
	strike  func()
}

const (
	blockSize  = 4096
	sectorSize = 512 // what a disk writes whole or not at all
)

type pending struct {
	at   int64
	data []byte
}

func newDisk(base []byte) *disk {
	return &disk{base: base, now: map[int64][]byte{}, stable: map[int64][]byte{}}
}

func (d *disk) block(of map[int64][]byte, n int64) []byte {
	if b := of[n]; b != nil {
		return b
	}
	return d.base[n*blockSize : (n+1)*blockSize]
}

func (d *disk) read(b []byte, at int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for len(b) > 0 {
		n := copy(b, d.block(d.now, at/blockSize)[at%blockSize:])
		b, at = b[n:], at+int64(n)
	}
}

// put writes into blocks of its own, never into shared ones.
func (d *disk) put(into map[int64][]byte, data []byte, at int64) {
	for len(data) > 0 {
		fresh := append([]byte(nil), d.block(into, at/blockSize)...)
		n := copy(fresh[at%blockSize:], data)
		into[at/blockSize] = fresh
		data, at = data[n:], at+int64(n)
	}
}

func (d *disk) write(data []byte, at int64, durable bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.put(d.now, data, at)
	if durable {
		d.put(d.stable, data, at)
		return
	}
	d.pending = append(d.pending, pending{at, data})
	if d.armed > 0 {
		if d.armed--; d.armed == 0 {
			d.strike()
		}
	}
}

func (d *disk) flush() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, p := range d.pending {
		d.put(d.stable, p.data, p.at)
	}
	d.pending = nil
	d.flushes++
}

// left is what a power cut leaves, and how many sectors it took.
type left struct {
	blocks map[int64][]byte
	torn   int
}

// cut lets the power fail in the middle of the guest's writing, so many writes
// from now. known is called at the moment itself, while no write gets through.
func (d *disk) cut(writes int, known func()) <-chan left {
	done := make(chan left, 1)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.armed, d.strike = writes, func() {
		known()
		done <- d.remains()
	}
	return done
}

// remains is all that was flushed, and of the rest whatever the disk happened to
// have written: of a third of the cuts nothing more, of a third any sectors of
// any write, of a third nearly all.
func (d *disk) remains() left {
	l := left{blocks: maps.Clone(d.stable)}
	keep := []float64{0, 0.5, 0.95}[rand.IntN(3)]
	for _, p := range d.pending {
		for at := 0; at < len(p.data); at += sectorSize {
			if rand.Float64() < keep {
				d.put(l.blocks, p.data[at:min(at+sectorSize, len(p.data))], p.at+int64(at))
			} else {
				l.torn++
			}
		}
	}
	return l
}

// save writes an image of the disk as a cut has left it.
func (d *disk) save(left map[int64][]byte, file string) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	_, err = f.Write(d.base)
	for n, b := range left {
		if err == nil {
			_, err = f.WriteAt(b, n*blockSize)
		}
	}
	return errors.Join(err, f.Close())
}

// The words of the network block device protocol, as far as qemu speaks them.
const (
	nbdOptExport, nbdOptAbort, nbdOptGo               = 1, 2, 7
	nbdRepAck, nbdRepInfo, nbdRepUnsupported          = 1, 3, 1<<31 + 1
	nbdRead, nbdWrite, nbdDisconnect, nbdFlush        = 0, 1, 2, 3
	nbdFlags                                   uint16 = 1 | 4 | 8 // there are flags; flush; force unit access
	nbdFUA                                            = 1
)

// serve answers one client until it goes.
func (d *disk) serve(c net.Conn) error {
	defer func() { _ = c.Close() }()
	in, out := bufio.NewReaderSize(c, 1<<16), bufio.NewWriterSize(c, 1<<16)
	if err := d.greet(in, out); err != nil {
		return fmt.Errorf("greet: %w", err)
	}
	for {
		var q struct {
			Magic        uint32
			Flags, Kind  uint16
			Handle, From uint64
			Length       uint32
		}
		if err := binary.Read(in, binary.BigEndian, &q); err != nil {
			return err
		}
		if q.Magic != 0x25609513 || q.From+uint64(q.Length) > uint64(len(d.base)) {
			return fmt.Errorf("a request that is none: %+v", q)
		}
		body := make([]byte, q.Length)
		failed := uint32(0)
		switch q.Kind {
		case nbdRead:
			d.read(body, int64(q.From))
		case nbdWrite:
			if _, err := io.ReadFull(in, body); err != nil {
				return err
			}
			d.write(body, int64(q.From), q.Flags&nbdFUA != 0)
		case nbdFlush:
			d.flush()
		case nbdDisconnect:
			return nil
		default:
			failed = 22 // EINVAL
		}
		err := binary.Write(out, binary.BigEndian, struct {
			Magic, Failed uint32
			Handle        uint64
		}{0x67446698, failed, q.Handle})
		if q.Kind == nbdRead {
			_, err = out.Write(body)
		}
		if err = errors.Join(err, out.Flush()); err != nil {
			return err
		}
	}
}

// greet tells the client the size and what the disk can do.
func (d *disk) greet(in io.Reader, out *bufio.Writer) error {
	say := func(parts ...any) error {
		for _, p := range parts {
			if err := binary.Write(out, binary.BigEndian, p); err != nil {
				return err
			}
		}
		return out.Flush()
	}
	const optionReply = uint64(0x3e889045565a9)
	if err := say([]byte("NBDMAGICIHAVEOPT"), uint16(3)); err != nil { // fixed newstyle, no zeroes
		return err
	}
	var flags uint32
	if err := binary.Read(in, binary.BigEndian, &flags); err != nil {
		return err
	}
	for {
		var o struct {
			Magic        uint64
			Option, Size uint32
		}
		if err := binary.Read(in, binary.BigEndian, &o); err != nil {
			return err
		}
		if o.Size > 1<<16 {
			return errors.New("an option is too long")
		}
		if _, err := io.CopyN(io.Discard, in, int64(o.Size)); err != nil {
			return err
		}
		var err error
		switch o.Option {
		case nbdOptGo:
			return say(optionReply, o.Option, uint32(nbdRepInfo), uint32(12), uint16(0), uint64(len(d.base)), nbdFlags,
				optionReply, o.Option, uint32(nbdRepAck), uint32(0))
		case nbdOptExport:
			return say(uint64(len(d.base)), nbdFlags)
		case nbdOptAbort:
			return io.EOF
		default:
			err = say(optionReply, o.Option, uint32(nbdRepUnsupported), uint32(0))
		}
		if err != nil {
			return err
		}
	}
}
