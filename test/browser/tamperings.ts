import { decodePng, encodePng } from '../../gan/index.ts'
import { rawCid } from '../../minter/domain/cid.ts'
import { sha256 } from '../../minter/domain/digest.ts'
import type { House } from './house.ts'
import { TAKEN } from './shared-house.ts'

export const TOKEN = (1n << 16n) | BigInt(TAKEN)

/** A way to deceive the verify page, and the link at which it is found out. */
interface Tampering {
  readonly title: string
  readonly link: string
  readonly tamper: (house: House) => Promise<void> | void
}

/** Each by another part of what an auditor is told. */
export const TAMPERINGS: readonly Tampering[] = [
  {
    title: 'the picture when a gateway serves one with a changed pixel',
    link: `token ${TOKEN} artifact`,
    tamper: (house) =>
      serveOther(house, `images/${TAKEN}.png`, (png) => {
        const { rgb, ...picture } = decodePng(png)
        const changed = rgb.slice()
        changed[0]! ^= 1
        return encodePng({ ...picture, rgb: changed })
      }),
  },
  {
    title: 'the network when a gateway serves one with a changed weight',
    link: 'bundle',
    tamper: ({ exhibition, altered }) => {
      const bundle = exhibition.bundle.slice()
      bundle[bundle.length - 1]! ^= 1
      altered.set(exhibition.bundleCid, bundle)
    },
  },
  {
    title: 'the list of candidates when a gateway serves one with another score',
    link: 'manifest',
    tamper: (house) => serveOther(house, 'manifest.json', replaced(/"score":\d/u, '"score":9')),
  },
  {
    title: 'the policy when a gateway serves one that asks for less',
    link: 'policy',
    tamper: (house) => serveOther(house, 'policy.json', replaced(/"weights":\{"demand":1/u, '"weights":{"demand":2')),
  },
  {
    title: 'the recipe when a gateway serves one with another truncation',
    link: 'recipe',
    tamper: (house) => serveOther(house, 'recipe.json', replaced(/"psi":"1"/u, '"psi":"2"')),
  },
  {
    title: 'the seed when a node names another one than was drawn',
    link: 'seed',
    tamper: async ({ exhibition, lies, dropInfo }) => {
      const { masterSeed } = await dropInfo()
      lies.set(masterSeed.slice(2), sha256(exhibition.bundle).slice(2))
    },
  },
  {
    title: 'the list of candidates when a node names another root than was committed',
    link: 'manifest',
    tamper: async ({ exhibition, lies, dropInfo }) => {
      const { root } = await dropInfo()
      lies.set(root.slice(2), sha256(exhibition.bundle).slice(2))
    },
  },
]

function serveOther({ exhibition, altered }: House, path: string, change: (file: Uint8Array) => Uint8Array): void {
  const file = exhibition.files.get(path)!
  const other = change(file)
  if (sha256(other) === sha256(file)) throw new Error(`${path} was not changed`)
  altered.set(rawCid(sha256(file)), other)
}

function replaced(pattern: RegExp, by: string): (file: Uint8Array) => Uint8Array {
  return (file) => new TextEncoder().encode(new TextDecoder().decode(file).replace(pattern, by))
}
