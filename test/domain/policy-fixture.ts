import { parsePolicy, type Policy } from '../../minter/domain/policy.ts'

/** A policy file that uses every field. */
export const POLICY_YAML = `
name: Oasis
story: |
  Threads bound before they are dyed.
collection:
  name: Adras
  symbol: ADRAS
  description: Cloth by a network
  image: ipfs://bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy
  externalLink: https://adras.example
model: models/ikat-64
candidates: 40
edition: 5
thresholds: { score: 16384, rarity: 2048 }
weights: { score: 3, rarity: 2, demand: 1 }
qa: { minDistance: 30, minDistanceEarlier: 40, maxBytes: 1000000, licences: [CC0-1.0, CC-BY-4.0] }
royalty: { bps: 750 }
phases:
  - kind: allowlist
    name: Friends
    start: 60
    end: +1h
    limit: 2
    price: "0.01"
    allowlist:
      - { wallet: "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266", limit: 2, price: "0.005" }
      - { wallet: "0x70997970C51812dc3A010C7d01b50e0d17dc79C8" }
  - kind: voucher
    start: +1h
    end: +90m
    price: 0.02
    signer: "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
  - kind: public
    start: +90m
    end: +1d
    price: { from: "0.05", to: "0.02" }
schedule: { seedDelayBlocks: 3, challengeWindowSeconds: 600 }
demand: null
`

/** The policy of that file, with other values where they are given. */
export function makePolicy(changes: Partial<Policy> = {}): Policy {
  return { ...parsePolicy(POLICY_YAML, 'oasis.yaml'), ...changes }
}
