import { zipSync } from 'fflate'

/** Bytes of an opcode and what follows it, for pickles that no pickler would write. */
export type Part = string | number | Uint8Array

/** Joins opcodes: text as Latin-1, numbers as bytes. */
export function pickle(...parts: readonly (Part | readonly Part[])[]): Uint8Array {
  return Uint8Array.from(
    parts.flat().flatMap((part) => {
      if (typeof part === 'number') return [part]
      return typeof part === 'string' ? [...Buffer.from(part, 'latin1')] : [...part]
    }),
  )
}

export const PROTOCOL = '\x80\x04'
export const MARK = '('
export const STOP = '.'

export function u32(value: number): Uint8Array {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}

export function u64(value: bigint): Uint8Array {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(value)
  return bytes
}

/** GLOBAL: a name by two lines. */
export function global(module: string, name: string): string {
  return `c${module}\n${name}\n`
}

/** SHORT_BINUNICODE. */
export function text(value: string): Uint8Array {
  return pickle('\x8c', value.length, value)
}

/** A zip archive of stored files. */
export function zip(files: Readonly<Record<string, Uint8Array>>, level: 0 | 9 = 0): Uint8Array {
  return zipSync(files, { level })
}

/** A dict of text keys. */
export function dict(items: Readonly<Record<string, Uint8Array | string>>): Uint8Array {
  return pickle('}', MARK, ...Object.entries(items).flatMap(([key, value]) => [text(key), value]), 'u')
}

/** An object of an official class. */
export function persistent(className: string, state: Uint8Array): Uint8Array {
  const meta = dict({ type: text('class'), class_name: text(className), state })
  return pickle(global('torch_utils.persistence', '_reconstruct_persistent_obj'), meta, '\x85', 'R')
}

/** The persistent id of a storage. */
export function storage(key: string, length: number, kind: string = 'FloatStorage'): Uint8Array {
  return pickle(MARK, text('storage'), global('torch', kind), text(key), text('cpu'), 'J', u32(length), 't', 'Q')
}

/** A tensor over a storage; all numbers below 2^31. */
export function tensor(
  over: Uint8Array,
  offset: number,
  shape: readonly number[],
  strides: readonly number[],
): Uint8Array {
  const tuple = (numbers: readonly number[]) => [MARK, ...numbers.flatMap((number) => ['J', u32(number)]), 't']
  const parts = [over, 'J', u32(offset), ...tuple(shape), ...tuple(strides), '\x89', ')']
  return pickle(global('torch._utils', '_rebuild_tensor_v2'), MARK, ...parts, 't', 'R')
}

const MAGIC = Uint8Array.of(0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19)

/** What torch.save wrote before torch 1.6, of an object and its storages. */
export function legacyTorch(
  object: Uint8Array,
  storages: readonly (readonly [key: string, count: bigint, data: Uint8Array])[],
  littleEndian: boolean = true,
): Uint8Array {
  const head = [
    pickle('\x80\x02', MAGIC, '.'),
    pickle('\x80\x02', 'M', 0xe9, 0x03, '.'),
    pickle('\x80\x02', dict({ little_endian: littleEndian ? '\x88' : '\x89' }), '.'),
  ]
  const keys = pickle('\x80\x02', ']', MARK, ...storages.map(([key]) => text(key)), 'e', '.')
  const data = storages.flatMap(([, count, bytes]) => [u64(count), bytes])
  return pickle(...head, pickle('\x80\x02', object, '.'), keys, ...data)
}
