// The two file formats the boot needs: a cpio archive (the initrd) and the kernel's ELF inside a bzImage.
import { lstatSync, readFileSync, readdirSync, readlinkSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { LabError, capture } from './process.mjs';

const align4 = (length) => (4 - (length % 4)) % 4;

function cpioEntry(inode, name, mode, data = Buffer.alloc(0)) {
  const nameBytes = Buffer.from(`${name}\0`);
  const fields = [inode, mode, 0, 0, 1, 0, data.length, 0, 0, 0, 0, nameBytes.length, 0];
  const header = `070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}`;
  const headerBytes = Buffer.concat([Buffer.from(header), nameBytes]);
  const padding = [Buffer.alloc(align4(headerBytes.length)), Buffer.alloc(align4(data.length))];
  return Buffer.concat([headerBytes, padding[0], data, padding[1]]);
}

/** Write `folder` (plain files, folders, links) as a cpio archive in the "newc" format, owned by root. */
export function writeCpio(folder, outputFile) {
  const entries = [];
  const add = (path) => {
    const stat = lstatSync(path);
    let data;
    if (stat.isSymbolicLink()) data = Buffer.from(readlinkSync(path));
    else if (stat.isFile()) data = readFileSync(path);
    entries.push(cpioEntry(entries.length + 1, relative(folder, path), stat.mode, data));
    if (stat.isDirectory())
      readdirSync(path)
        .sort()
        .forEach((name) => add(join(path, name)));
  };
  readdirSync(folder)
    .sort()
    .forEach((name) => add(join(folder, name)));
  entries.push(cpioEntry(0, 'TRAILER!!!', 0));
  writeFileSync(outputFile, Buffer.concat(entries));
}

// How a bzImage's payload may be packed, by its first bytes.
const UNPACKERS = [
  { magic: '02214c18', command: 'lz4', args: ['-d', '-c', '-q'] },
  { magic: '28b52ffd', command: 'zstd', args: ['-d', '-c', '-q'] },
  { magic: '1f8b', command: 'gzip', args: ['-d', '-c'] },
  { magic: 'fd377a585a', command: 'xz', args: ['-d', '-c', '-q'] },
];

/**
 * vmlinuz -> the ELF vmlinux that QEMU boots through PVH, sparing the guest the unpacking: slow under
 * emulation. Offsets are those of the Linux x86 boot protocol, 2.08 and later.
 */
export function extractVmlinux(vmlinuzFile, outputFile) {
  const image = readFileSync(vmlinuzFile);
  const setupSectors = image[0x1f1] || 4;
  const payloadStart = (setupSectors + 1) * 512 + image.readUInt32LE(0x248);
  const payloadLength = image.readUInt32LE(0x24c) - 4; // the last four bytes are the unpacked size
  const payload = image.subarray(payloadStart, payloadStart + payloadLength);
  const unpacker = UNPACKERS.find(({ magic }) => payload.toString('hex', 0, magic.length / 2) === magic);
  if (!unpacker) throw new LabError(`${vmlinuzFile}: unknown payload ${payload.toString('hex', 0, 6)}`);
  const elf = capture(unpacker.command, unpacker.args, { input: payload, encoding: 'buffer' });
  if (elf.toString('latin1', 1, 4) !== 'ELF')
    throw new LabError(`${vmlinuzFile}: payload is not an ELF file`);
  writeFileSync(outputFile, elf);
}
