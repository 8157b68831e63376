// Judges a log folder of Hotwork, or writes test vectors, by Go's own libraries of transparency logs.
//
//	go run . vectors                    > ../vectors.json
//	go run . check FOLDER ORIGIN SPKI   reads FOLDER/checkpoint and FOLDER/tile, SPKI in base64
package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/transparency-dev/formats/log"
	"github.com/transparency-dev/merkle/compact"
	"github.com/transparency-dev/merkle/rfc6962"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func main() {
	var err error
	switch {
	case len(os.Args) == 2 && os.Args[1] == "vectors":
		err = vectors()
	case len(os.Args) == 5 && os.Args[1] == "check":
		err = check(os.Args[2], os.Args[3], os.Args[4])
	default:
		err = fmt.Errorf("vectors, or check FOLDER ORIGIN SPKI")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// The hashes of a tree whose leaves are its numbers in decimal, as tlog stores them.
type stored []tlog.Hash

func (s stored) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		out[i] = s[index]
	}
	return out, nil
}

type proof struct {
	From int64    `json:"from"`
	Size int64    `json:"size"`
	Path []string `json:"path"`
}

func vectors() error {
	sizes := []int64{1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 16, 17, 31, 33, 255, 256, 257, 300, 511, 513, 700}
	largest := sizes[len(sizes)-1]
	var hashes stored
	for n := int64(0); n < largest; n++ {
		more, err := tlog.StoredHashes(n, []byte(fmt.Sprint(n)), hashes)
		if err != nil {
			return err
		}
		hashes = append(hashes, more...)
	}
	roots := map[string]string{}
	var inclusion, consistency []proof
	for _, size := range sizes {
		root, err := tlog.TreeHash(size, hashes)
		if err != nil {
			return err
		}
		roots[fmt.Sprint(size)] = encode(root[:])
		for _, index := range []int64{0, 1, size / 3, size / 2, size - 2, size - 1} {
			if index < 0 || index >= size {
				continue
			}
			path, err := tlog.ProveRecord(size, index, hashes)
			if err != nil {
				return err
			}
			inclusion = append(inclusion, proof{index, size, texts(path)})
		}
		for _, from := range sizes {
			if from > size || (size > 33 && (from > 9 && from < 255 || size < 511)) {
				continue
			}
			path, err := tlog.ProveTree(size, from, hashes)
			if err != nil {
				return err
			}
			consistency = append(consistency, proof{from, size, texts(path)})
		}
	}
	return json.NewEncoder(os.Stdout).Encode(map[string]any{
		"roots": roots, "inclusion": inclusion, "consistency": consistency,
	})
}

func texts(path []tlog.Hash) []string {
	out := []string{}
	for _, hash := range path {
		out = append(out, encode(hash[:]))
	}
	return out
}

func encode(bytes []byte) string { return base64.StdEncoding.EncodeToString(bytes) }

// Signature type 0x02, for which Go's package has no verifier of its own.
type ecdsaVerifier struct {
	name string
	der  []byte
	key  *ecdsa.PublicKey
}

func (v ecdsaVerifier) Name() string { return v.name }
func (v ecdsaVerifier) KeyHash() uint32 {
	hash := sha256.Sum256(v.der)
	return binary.BigEndian.Uint32(hash[:4])
}
func (v ecdsaVerifier) Verify(message, signature []byte) bool {
	hash := sha256.Sum256(message)
	return ecdsa.VerifyASN1(v.key, hash[:], signature)
}

func check(folder, origin, spki string) error {
	der, err := base64.StdEncoding.DecodeString(spki)
	if err != nil {
		return err
	}
	parsed, err := x509.ParsePKIXPublicKey(der)
	if err != nil {
		return err
	}
	signed, err := os.ReadFile(filepath.Join(folder, "checkpoint"))
	if err != nil {
		return err
	}
	checkpoint, _, _, err := log.ParseCheckpoint(signed, origin, ecdsaVerifier{origin, der, parsed.(*ecdsa.PublicKey)})
	if err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	tree := (&compact.RangeFactory{Hash: rfc6962.DefaultHasher.HashChildren}).NewEmptyRange(0)
	leaves := int64(0)
	for leaves < int64(checkpoint.Size) {
		width := min(256, int64(checkpoint.Size)-leaves)
		// 8 is the height of a tile; the path of Go's own tiles begins with it, which C2SP leaves out.
		tile := tlog.Tile{H: 8, L: 0, N: leaves / 256, W: int(width)}
		hashes, err := os.ReadFile(filepath.Join(folder, "tile", tile.Path()[len("tile/8/"):]))
		if err != nil {
			return err
		}
		tile.L = -1
		bundle, err := os.ReadFile(filepath.Join(folder, "tile/entries", tile.Path()[len("tile/8/data/"):]))
		if err != nil {
			return err
		}
		for at := int64(0); at < width; at++ {
			length := int(binary.BigEndian.Uint16(bundle))
			leaf := rfc6962.DefaultHasher.HashLeaf(bundle[2 : 2+length])
			bundle = bundle[2+length:]
			if !bytes.Equal(leaf, hashes[at*32:at*32+32]) {
				return fmt.Errorf("entry %d is not the leaf of its tile", leaves+at)
			}
			if err := tree.Append(leaf, nil); err != nil {
				return err
			}
		}
		if len(bundle) != 0 {
			return fmt.Errorf("more in a bundle than its entries")
		}
		leaves += width
	}
	root, err := tree.GetRootHash(nil)
	if err != nil {
		return err
	}
	if leaves > 0 && !bytes.Equal(root, checkpoint.Hash) {
		return fmt.Errorf("the root of %d entries is not that of the checkpoint", leaves)
	}
	if err := checkTiles(folder, int64(checkpoint.Size), tlog.Hash(checkpoint.Hash)); err != nil {
		return err
	}
	fmt.Printf("%d entries, as the checkpoint says\n", leaves)
	return nil
}

// Reads every leaf's hash by the tiles above it, each of which is authenticated against the root.
func checkTiles(folder string, size int64, root tlog.Hash) error {
	reader := tlog.TileHashReader(tlog.Tree{N: size, Hash: root}, folderTiles(folder))
	for leaf := int64(0); leaf < size; leaf += 97 {
		if _, err := reader.ReadHashes([]int64{tlog.StoredHashIndex(0, leaf)}); err != nil {
			return fmt.Errorf("leaf %d: %w", leaf, err)
		}
	}
	return nil
}

type folderTiles string

func (f folderTiles) Height() int { return 8 }
func (f folderTiles) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var out [][]byte
	for _, tile := range tiles {
		data, err := os.ReadFile(filepath.Join(string(f), "tile", tile.Path()[len("tile/8/"):]))
		if err != nil {
			return nil, err
		}
		out = append(out, data)
	}
	return out, nil
}
func (f folderTiles) SaveTiles([]tlog.Tile, [][]byte) {}

var _ note.Verifier = ecdsaVerifier{}
