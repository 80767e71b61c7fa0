import { expect } from 'chai'
import { CheckpointInvalid, CheckpointRefused, openCheckpoint } from '../../../gan/index.ts'
import { global, MARK, pickle, PROTOCOL, STOP, text, u32, u64 } from './pickle-builder.ts'

function invalid(bytes: Uint8Array): CheckpointInvalid {
  try {
    openCheckpoint(bytes)
  } catch (error) {
    if (error instanceof CheckpointInvalid) return error
    throw error
  }
  throw new Error('it was accepted')
}

function refused(bytes: Uint8Array): CheckpointRefused {
  try {
    openCheckpoint(bytes)
  } catch (error) {
    if (error instanceof CheckpointRefused) return error
    throw error
  }
  throw new Error('it was accepted')
}

const EMPTY_TUPLE = ')'
const REDUCE = 'R'
const BUILD = 'b'

describe('gan/import/pickle: what wants to be run', () => {
  for (const [module, name] of [
    ['os', 'system'],
    ['posix', 'system'],
    ['builtins', 'eval'],
    ['builtins', 'exec'],
    ['builtins', 'getattr'],
    ['__builtin__', 'eval'],
    ['subprocess', 'Popen'],
    ['importlib', 'import_module'],
    ['torch.hub', 'load'],
    ['torch.serialization', 'load'],
    ['torch._utils', '_rebuild_tensor_v2.__globals__'],
    ['collections', 'OrderedDict.__init__.__globals__'],
    ['operator', 'attrgetter'],
    ['__main__', 'constructor'],
    ['Object', '__proto__'],
  ] as const) {
    it(`refuses ${module}.${name}, and says at which byte`, () => {
      const line = pickle(PROTOCOL, 'N', '0', global(module, name), text('true'), '\x85', REDUCE, STOP)
      expect(refused(line)).to.include({ callable: `${module}.${name}`, byte: 4, code: 'GAN_CHECKPOINT_REFUSED' })
      const stacked = pickle(PROTOCOL, text(module), text(name), '\x93', EMPTY_TUPLE, REDUCE, STOP)
      expect(refused(stacked)).to.include({ callable: `${module}.${name}`, byte: 6 + module.length + name.length })
    })
  }

  it('refuses a name that is never called, too', () => {
    expect(refused(pickle(PROTOCOL, global('os', 'system'), STOP)).callable).to.equal('os.system')
  })

  it('refuses a name deep inside what is allowed', () => {
    const inner = pickle(global('os', 'system'), text('true'), '\x85', REDUCE)
    const nested = pickle(
      PROTOCOL,
      global('collections', 'OrderedDict'),
      ']',
      ']',
      text('a'),
      'a',
      inner,
      'a',
      'a',
      '\x85',
    )
    expect(refused(pickle(nested, REDUCE, STOP)).callable).to.equal('os.system')
  })

  it('refuses a name inside of stored numbers, at its byte in the file', () => {
    const stored = pickle('\x80\x02', global('os', 'system'), STOP)
    const outer = pickle(PROTOCOL, global('torch.storage', '_load_from_bytes'), 'B', u32(stored.length), stored)
    const failure = refused(pickle(outer, '\x85', REDUCE, STOP))
    expect(failure).to.include({ callable: 'os.system', byte: outer.length - stored.length + 2 })
  })

  it('refuses to call an object that it made itself', () => {
    const made = pickle(PROTOCOL, text('os'), EMPTY_TUPLE, REDUCE, STOP)
    expect(invalid(made).message).to.include('calls what is not the name of anything')
  })

  it('refuses to call a name that is only to be named', () => {
    const called = pickle(PROTOCOL, global('torch', 'FloatStorage'), EMPTY_TUPLE, REDUCE, STOP)
    expect(invalid(called).message).to.include('torch.FloatStorage is not to be called so')
  })

  it('gives no state to what takes none', () => {
    const built = pickle(PROTOCOL, ']', '}', text('__class__'), 'N', 's', BUILD, STOP)
    expect(invalid(built).message).to.include('takes none')
  })

  it('says of a TensorFlow snapshot what to do with it', () => {
    const failure = refused(pickle('\x80\x03', global('dnnlib.tflib.network', 'Network'), STOP))
    expect(failure.message).to.include('legacy.py')
  })

  it('leaves Object.prototype alone, whatever the keys', () => {
    const polluting = pickle(PROTOCOL, '}', text('__proto__'), '}', text('polluted'), 'K', 1, 's', 's', STOP)
    invalid(polluting)
    expect(Object.hasOwn(Object.prototype, 'polluted')).to.equal(false)
  })
})

describe('gan/import/pickle: what is there to exhaust it', () => {
  for (const [what, bytes, says] of [
    ['a text of 4 GiB that is not there', pickle(PROTOCOL, 'X', u32(0xffffffff), STOP), 'truncated'],
    ['bytes of 2^63 that are not there', pickle(PROTOCOL, '\x8e', u64(1n << 63n), STOP), 'beyond any size'],
    ['an integer of a gigabyte', pickle(PROTOCOL, '\x8b', u32(1 << 30), STOP), 'an integer of'],
    ['a memo that is never filled', pickle(PROTOCOL, 'j', u32(0xffffffff), STOP), 'has not made'],
    ['a mark that was not set', pickle(PROTOCOL, 't', STOP), 'mark'],
    ['an empty stack', pickle(PROTOCOL, STOP), 'empty stack'],
    ['a mark that hides the stack', pickle(PROTOCOL, 'N', MARK, '0', STOP), 'empty stack'],
    ['more than one object', pickle(PROTOCOL, 'N', 'N', STOP), 'more than one object'],
    ['bytes after the end', pickle(PROTOCOL, 'N', STOP, 'N'), 'follow the pickle'],
    ['protocol 6', pickle('\x80\x06', 'N', STOP), 'protocol 6'],
    ['an opcode of protocol 0', pickle(PROTOCOL, 'I1\n', STOP), 'opcode 0x49'],
    ['an extension code', pickle(PROTOCOL, '\x82\x01', STOP), 'opcode 0x82'],
    ['a buffer from elsewhere', pickle(PROTOCOL, '\x97', STOP), 'opcode 0x97'],
    ['a persistent id outside of a torch file', pickle(PROTOCOL, 'N', 'Q', STOP), 'persistent id'],
    ['text that is no UTF-8', pickle(PROTOCOL, '\x8c', 1, 0xff, STOP), 'UTF-8'],
    ['a name that does not end', pickle(PROTOCOL, 'c', 'a'.repeat(10_000)), 'does not end'],
    ['an item without a list', pickle(PROTOCOL, '}', 'N', 'a', STOP), 'no list'],
    ['a key without a value', pickle(PROTOCOL, '}', MARK, 'N', 'u', STOP), 'no value'],
    ['a file that ends at once', Uint8Array.of(0x80), 'truncated'],
  ] as const) {
    it(`refuses ${what}, and says at which byte`, () => {
      const failure = invalid(bytes)
      expect(failure.message).to.include(says)
      expect(failure.byte).to.be.a('number')
    })
  }

  it('does not run out of stack over objects in objects', () => {
    invalid(pickle(PROTOCOL, ']'.repeat(100_000), 'a'.repeat(99_999), STOP))
    invalid(pickle(PROTOCOL, ')', '\x85'.repeat(100_000), STOP))
  })

  it('refuses more steps than any checkpoint takes', () => {
    const bytes = pickle(PROTOCOL, MARK, new Uint8Array(1_100_000).fill(0x7d), 't', STOP)
    expect(invalid(bytes).message).to.include('steps')
  })

  it('does not unfold a billion laughs: what is taken up again is the same object', () => {
    const laughs = Array.from({ length: 9 }, (_, i) =>
      pickle(']', MARK, ...Array(10).fill(pickle('h', i)), 'e', 'q', i + 1, '0'),
    )
    invalid(pickle(PROTOCOL, 'N', 'q', 0, '0', ...laughs, 'h', 9, STOP))
  })

  it('refuses to copy the same list over and over', () => {
    const long = pickle(']', MARK, 'N'.repeat(50_000), 'e', 'q', 0, '0')
    const copies = pickle(global('builtins', 'set'), 'h', 0, '\x85', REDUCE, '0')
    const bytes = pickle(PROTOCOL, long, ...Array.from({ length: 100 }, () => copies), 'N', STOP)
    expect(invalid(bytes).message).to.include('steps')
  })

  it('turns no more text into bytes than the file has', () => {
    const long = pickle('X', u32(50_000), 'a'.repeat(50_000), 'q', 0, '0')
    const copies = pickle(global('_codecs', 'encode'), 'h', 0, text('latin1'), '\x86', REDUCE, '0')
    const bytes = pickle(PROTOCOL, long, ...Array.from({ length: 100 }, () => copies), 'N', STOP)
    expect(invalid(bytes).message).to.include('more text into bytes')
  })
})
