import { readFile } from 'node:fs/promises'
import { builtinModules } from 'node:module'
import { dirname, join, relative, resolve } from 'node:path'
import { expect } from 'chai'

const ROOT = resolve(import.meta.dirname, '../..')
/** The process, and the threads that it starts. */
const ENTRIES = ['main.ts', 'render-worker.ts'].map((name) => join(ROOT, 'minter/audit', name))

/** Everything that the auditor's own files may name besides each other. */
const PACKAGES = ['ethers', '@ipld/dag-pb', '@ipld/car/reader']

/** Every module that is loaded with the entries, by path, with what it imports; types alone load nothing. */
async function walkImports(): Promise<ReadonlyMap<string, readonly string[]>> {
  const seen = new Map<string, readonly string[]>()
  const open = [...ENTRIES]
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    if (seen.has(path)) continue
    const source = await readFile(path, 'utf8')
    const found = [...source.matchAll(/(?:^|\n)(?:import|export)\s(?!type\s)(?:[^'"]*?\sfrom\s)?['"]([^'"]+)['"]/gu)]
    const dynamic = [...source.matchAll(/\bimport\(\s*['"]([^'"]+)['"]/gu)]
    const imports = [...found, ...dynamic].map(([, specifier]) => specifier!)
    seen.set(path, imports)
    const folder = dirname(path)
    open.push(...imports.filter((name) => name.startsWith('.')).map((name) => resolve(folder, name)))
  }
  return seen
}

describe('the auditor’s process', () => {
  it('loads nothing of the project but itself, gan and minter/domain', async () => {
    const modules = [...(await walkImports()).keys()].map((path) => relative(ROOT, path))
    const strangers = modules.filter((path) => !/^(?:minter\/audit|minter\/domain|gan)\//u.test(path))
    expect(strangers).to.deep.equal([])
    expect(modules).to.include('gan/index.ts').and.include('minter/domain/audit.ts')
  })

  it('enters gan by its door', async () => {
    for (const [path, imports] of await walkImports()) {
      if (relative(ROOT, path).startsWith('gan/')) continue
      const intruding = imports.filter((name) => name.includes('/gan/') && !name.endsWith('/gan/index.ts'))
      expect(intruding, relative(ROOT, path)).to.deep.equal([])
    }
  })

  it('names no package but ethers and the codecs of IPFS directories and archives', async () => {
    const named = new Set<string>()
    for (const [path, imports] of await walkImports()) {
      if (!relative(ROOT, path).startsWith('minter/audit/')) continue
      for (const name of imports) if (!name.startsWith('.') && !name.startsWith('node:')) named.add(name)
    }
    expect([...named].toSorted()).to.deep.equal([...PACKAGES].toSorted())
    expect([...named].filter((name) => builtinModules.includes(name))).to.deep.equal([])
  })
})
