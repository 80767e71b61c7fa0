import { expect } from 'chai'
import { readContent, readLeaves } from '../../minter/audit/content.ts'
import { createBlockClient } from '../../minter/audit/gateway.ts'
import { ContentAltered, ContentUnreachable } from '../../minter/domain/audit-source.ts'
import { rawCid } from '../../minter/domain/cid.ts'
import { sha256 } from '../../minter/domain/digest.ts'
import { Blocks, serveBlocks, type TestGateway } from './memory-gateway.ts'

const bytesOf = (text: string) => new TextEncoder().encode(text)
const MIB = 1 << 20

async function rejection(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise
  } catch (error) {
    return error
  }
  throw new Error('it did not reject')
}

describe('content from trustless gateways', () => {
  const open: TestGateway[] = []
  const serve = async (...args: Parameters<typeof serveBlocks>) => {
    const gateway = await serveBlocks(...args)
    open.push(gateway)
    return gateway
  }
  afterEach(async () => {
    await Promise.all(open.splice(0).map((gateway) => gateway.close()))
  })

  it('finds a file below a directory', async () => {
    const blocks = new Blocks()
    const directory = await blocks.add([
      { path: 'manifest.json', content: bytesOf('{}') },
      { path: 'images/0.png', content: bytesOf('zero') },
      { path: 'images/1.png', content: bytesOf('one') },
    ])
    const client = createBlockClient([(await serve(blocks)).url])
    expect(await readContent(client, directory, 'images/1.png')).to.deep.equal(bytesOf('one'))
    expect(await readContent(client, directory, 'manifest.json')).to.deep.equal(bytesOf('{}'))
  })

  it('puts a file of several blocks together', async () => {
    const blocks = new Blocks()
    const content = Uint8Array.from({ length: 2 * MIB + 17 }, (_, i) => (i * 31 + (i >> 8)) & 255)
    const cid = await blocks.add([{ path: '', content }])
    const client = createBlockClient([(await serve(blocks)).url])
    expect(sha256(await readContent(client, cid))).to.equal(sha256(content))
    expect((await readLeaves(client, cid)).map((leaf) => leaf.bytes.length)).to.deep.equal([MIB, MIB, 17])
  })

  it('walks a directory so large that it is sharded', async () => {
    const blocks = new Blocks()
    const files = Array.from({ length: 300 }, (_, i) => ({ path: `${i}.json`, content: bytesOf(`file ${i}`) }))
    const directory = await blocks.add(files, { shardSplitThresholdBytes: 512 })
    const client = createBlockClient([(await serve(blocks)).url])
    for (const i of [0, 17, 299])
      expect(await readContent(client, directory, `${i}.json`)).to.deep.equal(bytesOf(`file ${i}`))
    expect(await rejection(readContent(client, directory, '300.json'))).to.be.instanceOf(ContentUnreachable)
  })

  it('names the object and the gateway when a single byte is not what its name says', async () => {
    const blocks = new Blocks()
    const directory = await blocks.add([
      { path: 'images/0.png', content: bytesOf('true') },
      { path: 'images/1.png', content: bytesOf('also true') },
    ])
    const lie = bytesOf('trüe')
    const gateway = await serve(blocks, new Map([[rawCid(sha256(bytesOf('true'))), lie]]))
    const error = await rejection(readContent(createBlockClient([gateway.url]), directory, 'images/0.png'))
    expect(error).to.be.instanceOf(ContentAltered)
    const { what, expected, actual, bytes } = error as ContentAltered
    expect(what).to.equal(`images/0.png from ${gateway.url}`)
    expect([expected, actual]).to.deep.equal([sha256(bytesOf('true')), sha256(lie)])
    expect(bytes).to.deep.equal(lie)
  })

  it('hands out a large file whole when one of its blocks is altered, so that the change can be found', async () => {
    const blocks = new Blocks()
    const content = new Uint8Array(MIB + 5).fill(7)
    const cid = await blocks.add([{ path: '', content }])
    const tail = new Uint8Array(5).fill(8)
    const gateway = await serve(blocks, new Map([[rawCid(sha256(content.subarray(MIB))), tail]]))
    const error = (await rejection(readContent(createBlockClient([gateway.url]), cid))) as ContentAltered
    expect(error.bytes?.length).to.equal(MIB + 5)
    expect(error.bytes?.[MIB]).to.equal(8)
  })

  it('does not follow an altered directory', async () => {
    const [blocks, others] = [new Blocks(), new Blocks()]
    const directory = await blocks.add([
      { path: 'a', content: bytesOf('a') },
      { path: 'b', content: bytesOf('b') },
    ])
    const forged = await others.add([
      { path: 'a', content: bytesOf('x') },
      { path: 'b', content: bytesOf('b') },
    ])
    const gateway = await serve(blocks, new Map([[directory, others.find(forged)!]]))
    const error = await rejection(readContent(createBlockClient([gateway.url]), directory, 'a'))
    expect(error).to.be.instanceOf(ContentAltered).with.property('bytes', null)
  })

  it('takes the true bytes from the next gateway, and remembers who lied', async () => {
    const blocks = new Blocks()
    const cid = await blocks.add([{ path: '', content: bytesOf('true') }])
    const liar = await serve(blocks, new Map([[cid, bytesOf('false')]]))
    const client = createBlockClient([liar.url, (await serve(blocks)).url])
    expect(await readContent(client, cid)).to.deep.equal(bytesOf('true'))
    expect([...client.liars]).to.deep.equal([liar.url])
  })

  it('tries a connection again that breaks, and a dead gateway once for all blocks after the first', async () => {
    const blocks = new Blocks()
    const directory = await blocks.add([
      { path: 'a', content: bytesOf('a') },
      { path: 'b', content: bytesOf('b') },
    ])
    const shaky = await serve(blocks, new Map(), 2)
    const client = createBlockClient([shaky.url])
    expect(await readContent(client, directory, 'a')).to.deep.equal(bytesOf('a'))
    expect(shaky.asked.slice(0, 3)).to.deep.equal([directory, directory, directory])

    const dead = await serve(blocks, new Map(), Infinity)
    const error = await rejection(readContent(createBlockClient([dead.url]), directory, 'a'))
    expect(error).to.be.instanceOf(ContentUnreachable)
    expect(dead.asked).to.deep.equal([directory, directory, directory])
    await readContent(createBlockClient([dead.url, shaky.url]), directory, 'b')
    expect(dead.asked.length).to.equal(3 + 3 + 1)
  })

  it('says of every gateway why it gave nothing', async () => {
    const gateway = await serve(new Blocks())
    const dead = 'http://127.0.0.1:9'
    const cid = rawCid(sha256(bytesOf('nowhere')))
    const error = await rejection(readContent(createBlockClient([gateway.url, dead]), cid))
    expect(error).to.be.instanceOf(ContentUnreachable)
    expect((error as Error).message)
      .to.include(`${gateway.url}: answered 404`)
      .and.include(dead)
  })

  it('stops reading a block that is larger than any block', async () => {
    const cid = rawCid(sha256(bytesOf('small')))
    const gateway = await serve(new Blocks(), new Map([[cid, new Uint8Array(3 * MIB)]]))
    const error = await rejection(readContent(createBlockClient([gateway.url]), cid))
    expect(error).to.be.instanceOf(ContentUnreachable)
    expect((error as Error).message).to.include('more than 2097152 bytes')
  })

  it('asks for a block once', async () => {
    const blocks = new Blocks()
    const directory = await blocks.add([
      { path: 'a', content: bytesOf('a') },
      { path: 'b', content: bytesOf('b') },
    ])
    const gateway = await serve(blocks)
    const client = createBlockClient([gateway.url])
    await readContent(client, directory, 'a')
    await readContent(client, directory, 'b')
    expect(gateway.asked.filter((cid) => cid === directory)).to.have.length(1)
  })
})
