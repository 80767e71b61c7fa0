import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants } from 'node:zlib'
import type { RequestHandler } from 'express'
import { answering } from './problem.ts'

const compress = promisify(brotliCompress)

/** What shrinks; pictures are compressed already. */
const TYPES: Readonly<Record<string, string>> = {
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
  wasm: 'application/wasm',
}

/** Slow enough to be small: each file is compressed once in the life of the server. */
const PARAMS = { [constants.BROTLI_PARAM_QUALITY]: 9 }

/**
 * Serves the built files of a folder compressed to those who take it so; everything else is left to the next handler.
 *
 * @param dir a flat folder, whose files never change under their names
 */
export function compressedFiles(dir: string): RequestHandler {
  const kept = new Map<string, Promise<Buffer>>()
  const compressed = (name: string): Promise<Buffer> => {
    const file = kept.get(name) ?? readFile(join(dir, name)).then((content) => compress(content, { params: PARAMS }))
    kept.set(name, file)
    file.catch(() => kept.delete(name))
    return file
  }
  return (request, response, next) => {
    const [, name = '', extension = ''] = /^\/([\w.-]+\.(\w+))$/u.exec(request.path) ?? []
    const type = TYPES[extension]
    response.vary('Accept-Encoding')
    if (type === undefined || request.acceptsEncodings('br') !== 'br') {
      next()
      return
    }
    answering(async () => {
      const content = await compressed(name).catch(() => null)
      if (content === null) {
        next()
        return
      }
      response.set({
        'Content-Type': type,
        'Content-Encoding': 'br',
        'Cache-Control': 'public, max-age=31536000, immutable',
      })
      response.send(content)
    })(request, response, next)
  }
}
