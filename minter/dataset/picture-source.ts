import { readFileSync } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import { dirname, join, relative, sep } from 'node:path'
import { type Archive, openZip } from '../../gan/index.ts'
import { ConfigInvalid } from '../errors.ts'
import { readCsv } from './csv.ts'
import { type Giver, overrule, readSidecar, type Sidecar, SIDECARS, type Terms } from './terms.ts'

/** A picture that was brought, not yet looked at. */
export interface BroughtPicture {
  /** Within what was brought, parts divided by slashes. */
  readonly path: string
  readonly terms: Terms
  readonly read: () => Promise<Uint8Array>
}

/** All that was brought. */
export interface BroughtPictures {
  /** Ascending by path. */
  readonly pictures: readonly BroughtPicture[]
  readonly contributors: readonly Giver[]
  /** Files that are no pictures by their name. */
  readonly ignored: number
}

const PICTURE = /\.(?:png|jpe?g|webp|avif|gif|tiff?)$/iu
const CSV_COLUMNS = ['path', 'licence', 'source', 'contributor', 'address', 'class'] as const

/**
 * Opens a folder, a zip archive or a CSV file that lists pictures beside it.
 *
 * @param terms those of every picture for which nothing else is said
 * @param byFolder whether the first folder on a picture's path is its class
 * @throws {ConfigInvalid} when there is no such file, or it cannot be read
 */
export async function openPictures(path: string, terms: Terms, byFolder: boolean): Promise<BroughtPictures> {
  const found = await stat(path).catch(() => null)
  if (found === null) throw new ConfigInvalid('there is no such folder, zip or CSV file', path)
  if (found.isDirectory()) return collect(await folderFiles(path), terms, byFolder)
  if (/\.csv$/iu.test(path)) return csvPictures(path, terms)
  return collect(zipFiles(path), terms, byFolder)
}

/** Files by their paths, wherever they are. */
interface Files {
  readonly where: string
  readonly paths: readonly string[]
  readonly read: (path: string) => Promise<Uint8Array>
}

async function folderFiles(folder: string): Promise<Files> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
  return { where: folder, paths, read: async (path) => Uint8Array.from(await readFile(join(folder, path))) }
}

function zipFiles(file: string): Files {
  let archive: Archive
  try {
    archive = openZip(new Uint8Array(readFileSync(file)))
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : String(cause)
    throw new ConfigInvalid(`it is neither a folder nor a CSV file, and no zip archive: ${problem}`, file, cause)
  }
  const paths = archive.names.filter((name) => !name.endsWith('/') && !name.startsWith('__MACOSX/'))
  return { where: file, paths, read: async (path) => archive.read(path).bytes }
}

async function collect(files: Files, terms: Terms, byFolder: boolean): Promise<BroughtPictures> {
  const sidecars = await readSidecars(files)
  const paths = files.paths.filter((path) => PICTURE.test(path)).toSorted()
  const pictures = paths.map((path) => {
    const inFolder = path.includes('/') ? path.split('/')[0] : undefined
    const general = byFolder ? overrule(terms, { class: inFolder }) : terms
    return { path, terms: termsAt(path, general, sidecars), read: async () => files.read(path) }
  })
  const contributors = [...sidecars.values()].flatMap((sidecar) => sidecar.contributors)
  return { pictures, contributors, ignored: files.paths.length - pictures.length - sidecars.size }
}

async function readSidecars({ where, paths, read }: Files): Promise<ReadonlyMap<string, Sidecar>> {
  const sidecars = new Map<string, Sidecar>()
  for (const path of paths) {
    const folder = path.split('/').slice(0, -1).join('/')
    if (!SIDECARS.some((name) => path === (folder === '' ? name : `${folder}/${name}`))) continue
    if (sidecars.has(folder)) throw new ConfigInvalid(`the folder has more than one of ${SIDECARS.join(', ')}`, path)
    sidecars.set(folder, readSidecar(await read(path), join(where, path)))
  }
  return sidecars
}

/** From the whole down to the folder that the picture is in, the nearest having the last word. */
function termsAt(path: string, general: Terms, sidecars: ReadonlyMap<string, Sidecar>): Terms {
  const parts = path.split('/').slice(0, -1)
  const folders = ['', ...parts.map((_, depth) => parts.slice(0, depth + 1).join('/'))]
  return folders.reduce((terms, folder) => overrule(terms, sidecars.get(folder) ?? {}), general)
}

function csvPictures(file: string, terms: Terms): BroughtPictures {
  const folder = dirname(file)
  const seen = new Set<string>()
  const pictures = csvRows(file).map((row, i) => {
    const path = row.get('path') ?? ''
    const problem = seen.has(path) ? 'is listed twice' : pathProblem(path)
    if (problem !== null) throw new ConfigInvalid(`row ${i + 1}: the path "${path}" ${problem}`, file)
    seen.add(path)
    const said = (key: string): string | undefined => row.get(key) || undefined
    const contributor = [said('contributor'), said('address')].filter((part) => part !== undefined).join(' ')
    const special = {
      licence: said('licence'),
      source: said('source'),
      contributor: contributor || undefined,
      class: said('class'),
    }
    return {
      path,
      terms: overrule(terms, special),
      read: async () => Uint8Array.from(await readFile(join(folder, path))),
    }
  })
  return { pictures: pictures.toSorted((a, b) => (a.path < b.path ? -1 : 1)), contributors: [], ignored: 0 }
}

function csvRows(file: string): ReturnType<typeof readCsv> {
  try {
    const rows = readCsv(readFileSync(file, 'utf8'))
    const unknown = [...(rows[0]?.keys() ?? [])].find((key) => !CSV_COLUMNS.some((column) => column === key))
    if (unknown !== undefined) throw new SyntaxError(`the column "${unknown}" means nothing`)
    if (rows[0] !== undefined && !rows[0].has('path')) throw new SyntaxError('there is no column "path"')
    return rows
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause
    throw new ConfigInvalid(`${cause.message}; columns are ${CSV_COLUMNS.join(', ')}`, file, cause)
  }
}

/** A manifest names its pictures relative to itself, so a list may not reach beyond its own folder. */
function pathProblem(path: string): string | null {
  if (path === '') return 'is empty'
  const isWithin = !/^(?:[/\\]|[a-zA-Z]:)/u.test(path) && !path.split(/[/\\]/u).includes('..')
  return isWithin ? null : 'leads out of the folder'
}
