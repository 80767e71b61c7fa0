import { type Response, Router } from 'express'
import type { z } from 'zod'
import { decodePng, encodePng } from '../../gan/index.ts'
import { parseCid, findContent } from './unixfs.ts'
import type { DropRecord, HttpDeps } from './deps.ts'
import { answering, HttpProblem } from './problem.ts'
import { dropParams, rankParam } from './shapes.ts'
import type { Gallery } from './snapshot.ts'

/** What link previews take: 1200 by 630, as the Open Graph cards of all large sites. */
const WIDTH = 1200
const HEIGHT = 630

const pieceParams = dropParams.extend({ rank: rankParam })

interface Picture {
  readonly width: number
  readonly height: number
  readonly rgb: Uint8Array
}

/** The pictures of shared links: the pieces themselves, side by side and as cloth, and nothing that is not theirs. */
export function sharePictures(deps: HttpDeps, gallery: Gallery): Router {
  const router = Router()
  // Keyed by directory: what was composed from a committed directory stays true for good.
  const made = new Map<string, Promise<Uint8Array>>()
  const compose = async (drop: DropRecord, ranks: readonly number[]): Promise<Uint8Array> => {
    const key = `${drop.directory}/${ranks.join('-')}`
    const picture = made.get(key) ?? composePicture(deps, drop, ranks)
    made.set(key, picture)
    picture.catch(() => made.delete(key))
    return picture
  }

  const ofDrop = answering(async (request, response) => {
    const { drop } = await gallery.snapshot(checked(dropParams, request.params).drop)
    send(response, await compose(drop, [...Array(Math.min(drop.edition, 6)).keys()]))
  })
  const ofPiece = answering(async (request, response) => {
    const params = checked(pieceParams, request.params)
    const { drop } = await gallery.snapshot(params.drop)
    send(response, await compose(drop, [params.rank]))
  })
  router.get('/drops/:drop.png', ofDrop)
  router.get('/drops/:drop/pieces/:rank.png', ofPiece)
  return router
}

function checked<S extends z.ZodObject>(shape: S, params: unknown): z.infer<S> {
  const result = shape.safeParse(params)
  if (!result.success) throw new HttpProblem('HTTP_BAD_REQUEST', 'drop and rank are numbers')
  return result.data
}

function send(response: Response, picture: Uint8Array): void {
  response.set('Cache-Control', 'public, max-age=3600').type('png').send(Buffer.from(picture))
}

async function composePicture(deps: HttpDeps, drop: DropRecord, ranks: readonly number[]): Promise<Uint8Array> {
  if (drop.directory === null || ranks.length === 0)
    throw new HttpProblem('CONTENT_NOT_FOUND', 'No pieces were published yet')
  const directory = parseCid(drop.directory)
  const pieces = await Promise.all(
    ranks.map(async (rank) => {
      const file = await findContent(deps.blocks, directory, ['images', `${rank}.png`])
      if (file?.kind !== 'file') throw new HttpProblem('CONTENT_NOT_FOUND', `Piece ${rank} is not held here`)
      return decodePng(await collect(file.read()))
    }),
  )
  return encodePng(mosaic(pieces))
}

/** One piece fills the picture as cloth; several stand in two rows of three, each cut from its middle. */
function mosaic(pieces: readonly Picture[]): Picture {
  const columns = Math.min(3, pieces.length)
  const rows = Math.ceil(pieces.length / columns)
  const rgb = new Uint8Array(WIDTH * HEIGHT * 3)
  const cell = { width: Math.ceil(WIDTH / columns), height: Math.ceil(HEIGHT / rows) }
  for (let y = 0; y < HEIGHT; y++) {
    for (let x = 0; x < WIDTH; x++) {
      const piece = pieces[Math.floor(y / cell.height) * columns + Math.floor(x / cell.width)]
      if (piece === undefined) continue
      // The pieces tile seamlessly, so that one which is too small for its cell simply goes on.
      const from = ((y % cell.height) % piece.height) * piece.width + ((x % cell.width) % piece.width)
      rgb.set(piece.rgb.subarray(from * 3, from * 3 + 3), (y * WIDTH + x) * 3)
    }
  }
  return { width: WIDTH, height: HEIGHT, rgb }
}

async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  for await (const chunk of chunks) parts.push(chunk)
  return Buffer.concat(parts)
}
