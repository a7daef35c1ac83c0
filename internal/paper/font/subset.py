"""Makes paper/font/NotoSansSC.ttf.gz: Noto Sans CJK SC cut down to what the program prints."""
import sys, glob, gzip, io
from fontTools.ttLib import TTFont, TTCollection, newTable
from fontTools import subset
from fontTools.pens.cu2quPen import Cu2QuPen
from fontTools.pens.ttGlyphPen import TTGlyphPen

src, root, out = sys.argv[1:]
chars = set(range(0x20, 0x7f)) | set(range(0xa0, 0x100)) | set(map(ord, "–—‘’“”…·•×→←↑↓✓●○■□▲△①②③④⑤⑥⑦⑧⑨⑩≤≥≠"))
chars |= set(range(0x3001, 0x3012)) | set(range(0xff01, 0xff5f)) | {0xffe5}
for hi in range(0xb0, 0xf8):           # GB 2312
    for lo in range(0xa1, 0xff):
        try: chars.add(ord(bytes([hi, lo]).decode("gb2312")))
        except UnicodeDecodeError: pass
for f in glob.glob(root + "/internal/words/catalogue/*.toml"):
    chars |= set(map(ord, open(f, encoding="utf-8").read()))
face = next(f for f in TTCollection(src).fonts if f["name"].getDebugName(4) == "Noto Sans CJK SC")
o = subset.Options()
o.layout_features = []; o.hinting = False; o.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13, 14]; o.notdef_outline = True
o.drop_tables += ["GSUB", "GPOS", "GDEF", "BASE", "VORG", "vhea", "vmtx", "DSIG"]
s = subset.Subsetter(o); s.populate(unicodes=[c for c in chars if c >= 0x20]); s.subset(face)
glyphs = face.getGlyphSet(); order = face.getGlyphOrder(); made = {}
for g in order:
    p = TTGlyphPen(glyphs); glyphs[g].draw(Cu2QuPen(p, 2.5, reverse_direction=True)); made[g] = p.glyph()
face["loca"] = newTable("loca"); glyf = face["glyf"] = newTable("glyf")
glyf.glyphOrder = order; glyf.glyphs = made
del face["CFF "]
glyf.compile(face)
for g in order: 
    w, _ = face["hmtx"][g]; face["hmtx"][g] = (w, getattr(made[g], "xMin", 0) or 0)
m = face["maxp"]; m.tableVersion = 0x00010000
for k in "maxZones maxTwilightPoints maxStorage maxFunctionDefs maxInstructionDefs maxStackElements maxSizeOfInstructions maxComponentElements maxPoints maxContours maxCompositePoints maxCompositeContours maxComponentDepth".split(): setattr(m, k, 0)
m.maxZones = 1
m.recalc(face)
post = face["post"]; post.formatType = 3.0; post.extraNames = []; post.mapping = {}; post.glyphOrder = order
face.sfntVersion = "\000\001\000\000"
b = io.BytesIO(); face.recalcTimestamp = False; face.save(b)
print(len(order), "glyphs", len(b.getvalue()), "bytes")
z = io.BytesIO()
with gzip.GzipFile(fileobj=z, mode="wb", compresslevel=9, mtime=0) as w: w.write(b.getvalue())
open(out, "wb").write(z.getvalue()); print(len(z.getvalue()), "zipped")
