import { expect } from 'chai'
import { AbiCoder, Interface } from 'ethers'
import { z } from 'zod'
import { verifyRank } from '../../minter/domain/merkle.ts'
import { leafHash } from '../../minter/domain/leaf.ts'
import { MINT_ABI } from '../../minter/http/mint-call.ts'
import { problemShape } from '../../minter/http/problem.ts'
import * as shape from '../../minter/http/shapes.ts'
import { COLLECTOR, type Exhibit, hang, START, STRANGER } from './exhibit.ts'
import { listen, type Listening } from './listen.ts'

const contract = new Interface(MINT_ABI)
const refusalShape = problemShape.extend({ reasons: z.array(shape.reasonShape) })

describe('minter/http: the API', () => {
  let exhibit: Exhibit
  let server: Listening
  let clock = 0

  before(async () => {
    exhibit = await hang({ candidates: 40, edition: 3 })
    // Each test sees the chain as it is then, and not as a moment ago.
    server = await listen({ ...exhibit.deps, now: () => (clock += 60_000) })
  })
  beforeEach(() => {
    Object.assign(exhibit.state, {
      time: START + 3700,
      tokens: [],
      balanceWei: 10n ** 18n,
      minted: [0, 0, 0],
      questions: 0,
      holds: [],
      late: null,
      unreachable: false,
    })
  })
  after(() => server.close())

  const reasonsOf = async (query: string, phase: number): Promise<readonly string[]> => {
    const answer = await server.json<shape.Eligibility>(`/api/v1/drops/1/eligibility?${query}`)
    return answer.phases.find((verdict) => verdict.phase === phase)!.reasons.map(({ code }) => code)
  }

  const transaction = async (order: object): Promise<shape.MintTransaction> => {
    const response = await server.post('/api/v1/drops/1/mints', order)
    return shape.mintShape.parse(await response.json())
  }

  describe('what it answers', () => {
    const answers = [
      ['/api/v1/health', shape.healthShape],
      ['/api/v1/drops', shape.dropListShape],
      ['/api/v1/drops/1', shape.dropShape],
      ['/api/v1/drops/1/pieces', shape.pieceListShape],
      ['/api/v1/drops/1/pieces/2', shape.pieceDetailShape],
      ['/api/v1/drops/1/pieces/2/provenance', shape.provenanceShape],
      ['/api/v1/drops/1/events', shape.eventListShape],
      [`/api/v1/drops/1/eligibility?wallet=${COLLECTOR}&rank=0`, shape.eligibilityShape],
    ] as const
    for (const [path, wanted] of answers) {
      it(`has the shape that /openapi.json promises at ${path.split('?')[0]}`, async () => {
        const answer = await server.json(path)
        expect(wanted.parse(answer)).to.deep.equal(answer)
      })
    }

    it('proves each piece against the root of the drop', async () => {
      const { root } = await server.json<shape.Drop>('/api/v1/drops/1')
      const piece = await server.json<shape.PieceDetail>('/api/v1/drops/1/pieces/1')
      expect(leafHash(BigInt(piece.facts), piece.pixelDigest, piece.artifactDigest)).to.equal(piece.leaf)
      expect(verifyRank(root!, 6, piece.rank, piece.leaf, piece.proof)).to.equal(true)
    })

    it('names the owner of a piece, and what was paid', async () => {
      exhibit.state.tokens = [{ rank: 2, owner: COLLECTOR, priceWei: 5n }]
      const piece = await server.json<shape.PieceDetail>('/api/v1/drops/1/pieces/2')
      expect([piece.owner, piece.priceWei, piece.history.length]).to.deep.equal([COLLECTOR, '5', 1])
    })

    it('tells what happened to the pieces a whole block at a time, and where to go on', async () => {
      exhibit.state.tokens = [0, 1, 2].map((rank) => ({ rank, owner: COLLECTOR, priceWei: 5n }))
      const first = await server.json<shape.EventList>('/api/v1/drops/1/events?count=2')
      expect(first.events.map(({ kind, rank, block }) => [kind, rank, block])).to.deep.equal([
        ['mint', 0, 800],
        ['mint', 1, 801],
      ])
      expect(first.next).to.equal(802)
      const rest = await server.json<shape.EventList>(`/api/v1/drops/1/events?count=2&fromBlock=${first.next}`)
      expect([rest.events.map(({ rank }) => rank), rest.next]).to.deep.equal([[2], null])
    })

    it('adds up the bits of the traits to the rarity', async () => {
      const { pieces } = await server.json<{ pieces: shape.Piece[] }>('/api/v1/drops/1/pieces')
      for (const { traits, rarityBits } of pieces) {
        expect(traits.reduce((sum, { bits }) => sum + bits, 0)).to.be.closeTo(rarityBits, 0.01)
      }
    })
  })

  describe('whether a wallet may mint', () => {
    it('grants an open public phase to a wallet with funds', async () => {
      expect(await reasonsOf(`wallet=${STRANGER}&rank=0`, 1)).to.deep.equal([])
    })

    it('tells all reasons at once, not only the first', async () => {
      Object.assign(exhibit.state, {
        time: START - 100,
        balanceWei: 0n,
        tokens: [{ rank: 0, owner: COLLECTOR, priceWei: 1n }],
      })
      const reasons = await reasonsOf(`wallet=${STRANGER}&rank=0`, 0)
      expect(reasons).to.have.members(['CHALLENGE_WINDOW', 'PHASE_NOT_OPEN', 'PIECE_TAKEN', 'NOT_ON_LIST'])
    })

    it('says QUESTION_OPEN in every phase while a position was asked for and not shown', async () => {
      exhibit.state.questions = 1
      expect(await reasonsOf(`wallet=${STRANGER}&rank=0`, 1)).to.deep.equal(['QUESTION_OPEN'])
      expect(await reasonsOf(`wallet=${COLLECTOR}&rank=0`, 2)).to.deep.equal(['QUESTION_OPEN'])
    })

    it('says FUNDS_MISSING with what is missing', async () => {
      exhibit.state.balanceWei = 1n
      const answer = await server.json<shape.Eligibility>(`/api/v1/drops/1/eligibility?wallet=${STRANGER}&rank=0`)
      const verdict = answer.phases[1]!
      const [reason] = verdict.reasons
      expect(reason!.code).to.equal('FUNDS_MISSING')
      expect(BigInt(reason!.missingWei!)).to.equal(BigInt(verdict.priceWei!) - 1n)
    })

    it('says LIMIT_REACHED by the smaller of the limits of the phase and of the list', async () => {
      exhibit.state.minted = [1, 0, 0]
      exhibit.state.time = START + 10
      expect(await reasonsOf(`wallet=${COLLECTOR}&rank=0`, 0)).to.deep.equal(['LIMIT_REACHED'])
    })

    it('says NOT_INVITED where a voucher would be refused', async () => {
      expect(await reasonsOf(`wallet=${STRANGER}&rank=0`, 2)).to.deep.equal(['NOT_INVITED'])
      expect(await reasonsOf(`wallet=${COLLECTOR}&rank=0`, 2)).to.deep.equal([])
    })

    it('says PIECE_NOT_FOR_SALE beyond the edition', async () => {
      expect(await reasonsOf(`wallet=${STRANGER}&rank=7`, 1)).to.deep.equal(['PIECE_NOT_FOR_SALE'])
    })

    it('says PIECE_HELD, and until when by the clock of the chain, while another wallet is minting it', async () => {
      exhibit.state.holds = [{ rank: 0, wallet: COLLECTOR, seconds: 40 }]
      const answer = await server.json<shape.Eligibility>(`/api/v1/drops/1/eligibility?wallet=${STRANGER}&rank=0`)
      const [reason] = answer.phases[1]!.reasons
      expect(reason).to.include({ code: 'PIECE_HELD', until: exhibit.state.time + 40 })
      expect(await reasonsOf(`wallet=${COLLECTOR}&rank=0`, 1)).to.deep.equal([])
      expect(await reasonsOf(`wallet=${STRANGER}&rank=1`, 1)).to.deep.equal([])
    })

    it('says SOLD_OUT when everything has an owner', async () => {
      exhibit.state.tokens = [0, 1, 2].map((rank) => ({ rank, owner: COLLECTOR, priceWei: 1n }))
      expect(await reasonsOf(`wallet=${STRANGER}&rank=0`, 1)).to.deep.equal(['SOLD_OUT', 'PIECE_TAKEN'])
    })
  })

  describe('the unsigned transaction', () => {
    it('calls mintPublic with facts, digests and proof, and carries the price', async () => {
      const order = { wallet: STRANGER, rank: 1, phase: 1 }
      const answer = await transaction(order)
      const call = contract.decodeFunctionData('mintPublic', answer.data)
      const [piece] = call['pieces']
      const row = exhibit.candidates[1]!
      expect(answer.to).to.equal(exhibit.drop.collection)
      expect([piece.rank, piece.pixelDigest, piece.artifactDigest]).to.deep.equal([
        1n,
        row.pixelDigest,
        row.artifactDigest,
      ])
      expect(call['order'].recipient.toLowerCase()).to.equal(STRANGER)
      expect(BigInt(answer.value) > 0n).to.equal(true)
    })

    it('carries the allowance of a wallet on the list', async () => {
      exhibit.state.time = START + 10
      const order = { wallet: COLLECTOR, rank: 0, phase: 0 }
      const answer = await transaction(order)
      const call = contract.decodeFunctionData('mintAllowlist', answer.data)
      expect([call['limit'], String(call['priceWei'])]).to.deep.equal([1n, answer.value])
    })

    it('carries a voucher and its signature', async () => {
      const order = { wallet: COLLECTOR, rank: 0, phase: 2 }
      const answer = await transaction(order)
      const call = contract.decodeFunctionData('mintVoucher', answer.data)
      expect([call['voucher'].rank, call['signature']]).to.deep.equal([0n, `0x${'11'.repeat(65)}`])
    })

    it('is refused with NOT_ELIGIBLE and the reasons where the chain would refuse it', async () => {
      exhibit.state.tokens = [{ rank: 1, owner: COLLECTOR, priceWei: 1n }]
      const order = { wallet: STRANGER, rank: 1, phase: 1 }
      const response = await server.post('/api/v1/drops/1/mints', order)
      const answer = refusalShape.parse(await response.json())
      expect([response.status, answer.code, answer.reasons[0]!.code]).to.deep.equal([
        409,
        'NOT_ELIGIBLE',
        'PIECE_TAKEN',
      ])
    })
  })

  it('hands a mint to nobody while another wallet has come to hold the piece', async () => {
    exhibit.state.late = { rank: 1, wallet: COLLECTOR, seconds: 90 }
    const response = await server.post('/api/v1/drops/1/mints', { wallet: STRANGER, rank: 1, phase: 1 })
    const answer = refusalShape.parse(await response.json())
    expect([response.status, answer.reasons[0]!.code]).to.deep.equal([409, 'PIECE_HELD'])
    const own = await server.post('/api/v1/drops/1/mints', { wallet: COLLECTOR, rank: 1, phase: 1 })
    expect(own.status).to.equal(200)
  })

  describe('vouchers', () => {
    it('are signed for who is invited', async () => {
      const response = await server.post('/api/v1/drops/1/vouchers', { wallet: COLLECTOR, rank: 2 })
      expect(response.status).to.equal(200)
      expect(shape.voucherShape.safeParse(await response.json()).success).to.equal(true)
    })

    it('are refused with VOUCHER_REFUSED to anyone else', async () => {
      const response = await server.post('/api/v1/drops/1/vouchers', {
        wallet: STRANGER,
        rank: 2,
      })
      const { code } = problemShape.parse(await response.json())
      expect([response.status, code]).to.deep.equal([403, 'VOUCHER_REFUSED'])
    })
  })

  describe('failures', () => {
    const failures = [
      ['/api/v1/drops/9', 404, 'DROP_NOT_FOUND'],
      ['/api/v1/drops/x', 400, 'HTTP_BAD_REQUEST'],
      ['/api/v1/drops/1/pieces/3', 404, 'PIECE_NOT_FOUND'],
      ['/api/v1/drops/1/eligibility?wallet=0x12', 400, 'HTTP_BAD_REQUEST'],
      ['/api/v1/nothing', 404, 'HTTP_NOT_FOUND'],
      ['/api/v1/drops/%E0%A4%A', 400, 'HTTP_BAD_REQUEST'],
    ] as const
    for (const [path, status, code] of failures) {
      it(`answers ${path} with a problem document of code ${code}`, async () => {
        const response = await server.get(path)
        const problem = (await response.json()) as { code: string; status: number }
        expect(response.headers.get('content-type')).to.include('application/problem+json')
        expect([response.status, problem.status, problem.code]).to.deep.equal([status, status, code])
      })
    }

    it('answers CHAIN_UNREACHABLE while the node is away, and health says degraded', async () => {
      exhibit.state.unreachable = true
      const response = await server.get('/api/v1/drops/1')
      const health = await server.json<{ status: string }>('/api/v1/health')
      expect([response.status, health.status]).to.deep.equal([503, 'degraded'])
    })

    it('tells nothing about its insides', async () => {
      exhibit.state.unreachable = true
      expect(await (await server.get('/api/v1/drops/1')).text()).not.to.match(/connection refused|\.ts/u)
    })
  })

  it('reads the chain once for all who ask at about the same time', async () => {
    let reads = 0
    const chain = { ...exhibit.deps.chain, wallet: () => ((reads += 1), exhibit.deps.chain.wallet(1, STRANGER)) }
    const still = await listen({ ...exhibit.deps, chain, now: () => 1_000_000 })
    try {
      const path = `/api/v1/drops/1/eligibility?wallet=${STRANGER}&rank=0`
      await Promise.all(Array.from({ length: 10 }, () => still.get(path)))
      expect(reads).to.equal(1)
    } finally {
      await still.close()
    }
  })

  it('limits how many vouchers one visitor may ask for in a minute, with 429', async () => {
    const still = await listen({ ...exhibit.deps, now: () => 1_000_000 })
    try {
      const asked = { wallet: STRANGER, rank: 0 }
      const answers = []
      for (let i = 0; i < 21; i++) answers.push((await still.post('/api/v1/drops/1/vouchers', asked)).status)
      expect(answers.slice(-2)).to.deep.equal([403, 429])
    } finally {
      await still.close()
    }
  })

  it('describes every address in OpenAPI 3.1, without a reference that leads nowhere', async () => {
    const text = await (await server.get('/openapi.json')).text()
    const api: { openapi: string; paths: object; components: { schemas: object } } = JSON.parse(text)
    expect(api.openapi).to.equal('3.1.0')
    expect(Object.keys(api.paths)).to.have.length(12)
    for (const [, id] of text.matchAll(/#\/components\/schemas\/(\w+)/gu))
      expect(api.components.schemas).to.have.property(id!)
  })

  it('lists the same addresses for people at /api', async () => {
    const api: { paths: object } = await server.json('/openapi.json')
    const html = await (await server.get('/api')).text()
    for (const path of Object.keys(api.paths)) expect(html).to.include(`${path}</code>`)
  })

  it('counts requests for Prometheus, and makes no series for addresses that visitors make up', async () => {
    await server.get('/api/v1/drops/1')
    await server.get('/api/v1/made-up')
    const text = await (await server.get('/metrics')).text()
    expect(text).to.match(
      /latentmint_http_seconds_count\{method="GET",address="\/api\/v1\/drops\/:drop",status="200"\} \d+/u,
    )
    expect(text).to.include('address="other"').and.not.to.include('made-up')
  })

  it('keeps ethers’ idea of a facts word', async () => {
    const piece = await server.json<shape.PieceDetail>('/api/v1/drops/1/pieces/0')
    expect(AbiCoder.defaultAbiCoder().decode(['uint256'], piece.facts)[0] >> 72n).to.equal(1n)
  })
})
