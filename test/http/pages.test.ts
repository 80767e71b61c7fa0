import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { decodePng } from '../../gan/index.ts'
import { type Exhibit, hang } from './exhibit.ts'
import { listen, type Listening } from './listen.ts'

/** As small as built pages can be. */
async function buildPages(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'latentmint-pages-'))
  await mkdir(join(dir, 'assets'))
  const body = '<div id="page"><!--latentmint:body--></div><!--latentmint:answers-->'
  await writeFile(join(dir, 'index.html'), `<!doctype html><head><!--latentmint:head--></head>${body}`)
  await writeFile(join(dir, 'review.html'), '<!doctype html><title>Review</title>')
  await writeFile(join(dir, 'verify.html'), '<!doctype html><title>Verify</title>')
  await writeFile(join(dir, 'assets', 'a.js'), 'export {}')
  return dir
}

describe('minter/http: the pages', () => {
  let dir = ''
  let exhibit: Exhibit
  let server: Listening

  before(async () => {
    dir = await buildPages()
    exhibit = await hang({ candidates: 8, edition: 2, pagesDir: dir })
    server = await listen(exhibit.deps)
  })
  after(async () => {
    await server.close()
    await rm(dir, { recursive: true })
  })

  it('puts title, description and picture of a drop where link previews read them', async () => {
    const html = await (await server.get('/drops/1')).text()
    expect(html).to.include('<title>The Unwoven Loom</title>')
    expect(html).to.include('<meta property="og:image" content="http://127.0.0.1:8787/share/drops/1.png">')
  })

  it('names a piece by its place and its traits', async () => {
    const html = await (await server.get('/drops/1/pieces/1')).text()
    expect(html).to.include('<title>The Unwoven Loom, no. 2</title>').and.to.include('ground')
  })

  it('lets the review page load from this server alone, and no page frame it', async () => {
    const policy = (await server.get('/review')).headers.get('content-security-policy') ?? ''
    expect(policy)
      .to.match(/connect-src 'self'(;|$)/u)
      .and.to.include("script-src 'self';")
    expect(policy).to.include("frame-ancestors 'none'").and.not.to.include('unsafe')
  })

  it('writes story, pictures and phases into the page, for who runs no scripts', async () => {
    const html = await (await server.get('/drops/1')).text()
    expect(html).to.include('<h1>The Unwoven Loom</h1>').and.to.include('AI-made')
    expect(html.match(/<img src="\/ipfs\/[^"]+" alt="No\. \d: [^"]+"/gu)).to.have.length(2)
    expect(html).to.include('Early list: <time datetime="2027-01-15T08:00:00.000Z">2027-01-15 08:00 UTC</time>')
  })

  it('lets the script begin with the API’s own answers, as data that nothing can break out of', async () => {
    for (const path of ['/drops/1', '/drops/1/pieces/1']) {
      const html = await (await server.get(path)).text()
      const [, json = ''] = /<script type="application\/json" id="answers">(.*?)<\/script>/su.exec(html) ?? []
      expect(json).not.to.include('<')
      expect((JSON.parse(json) as Record<string, unknown>)[path]).to.deep.equal(
        await (await server.get(`/api/v1${path}`)).json(),
      )
    }
  })

  it('hands out a phase for calendars, and says which drop has no such phase', async () => {
    const response = await server.get('/drops/1/phases/0.ics')
    expect(response.headers.get('content-type')).to.match(/^text\/calendar/u)
    expect(await response.text()).to.include('SUMMARY:The Unwoven Loom: Early list')
    expect((await server.get('/drops/1/phases/9.ics')).status).to.equal(404)
    expect((await server.get('/drops/1/phases/x.ics')).status).to.equal(400)
  })

  it('opens also where there is nothing to preview', async () => {
    const response = await server.get('/drops/99')
    expect([response.status, (await response.text()).includes('<title>latentmint</title>')]).to.deep.equal([200, true])
  })

  it('composes the picture of a shared link from the pieces themselves', async () => {
    const response = await server.get('/share/drops/1/pieces/0.png')
    const { width, height } = decodePng(new Uint8Array(await response.arrayBuffer()))
    expect([width, height]).to.deep.equal([1200, 630])
  })

  it('allows no inline script anywhere, and wasm and foreign gateways on the verify page only', async () => {
    const [drop, verify] = await Promise.all(
      ['/drops/1', '/verify'].map(
        async (path) => (await server.get(path)).headers.get('content-security-policy') ?? '',
      ),
    )
    for (const policy of [drop!, verify!]) expect(policy).not.to.match(/unsafe-inline|'unsafe-eval'/u)
    expect(drop).not.to.include('wasm-unsafe-eval')
    expect(verify)
      .to.include("'wasm-unsafe-eval'")
      .and.to.match(/connect-src 'self' http: https:/u)
  })

  it('lets a worker do what the verify page may do, since a worker goes by the policy of its own file', async () => {
    const policy = (await server.get('/assets/a.js')).headers.get('content-security-policy')
    expect(policy).to.include("'wasm-unsafe-eval'")
  })

  it('sends built files compressed to those who take them so, and as they are to others', async () => {
    const packed = await server.get('/assets/a.js', { 'accept-encoding': 'br' })
    const plain = await server.get('/assets/a.js', { 'accept-encoding': 'identity' })
    expect([packed.headers.get('content-encoding'), plain.headers.get('content-encoding')]).to.deep.equal(['br', null])
    expect([await packed.text(), await plain.text()]).to.deep.equal(['export {}', 'export {}'])
  })

  it('answers a problem document for a file that is not there, compressed or not', async () => {
    for (const encoding of ['br', 'identity']) {
      expect((await server.get('/assets/b.js', { 'accept-encoding': encoding })).status).to.equal(404)
    }
  })

  it('lets caches keep built files for good', async () => {
    expect((await server.get('/assets/a.js')).headers.get('cache-control')).to.include('immutable')
  })
})
