import type { AuditLinkResult, LinkState } from '../../minter/domain/audit-source.ts'

/** What is to be verified, and where to read it; an address of the verify page carries all of it. */
export interface Order {
  readonly rpc: string
  readonly contract: string
  readonly token: string
  /** Origins of IPFS gateways, in the order in which they are tried. */
  readonly gateways: readonly string[]
}

/** What the auditing worker is handed: the order, and the way to the worker with the engine. */
export interface AuditOrder {
  readonly order: Order
  readonly engine: MessagePort
}

/** What the worker reports while it works. */
export type WorkerNews =
  | { readonly kind: 'doing'; readonly what: string }
  | { readonly kind: 'link'; readonly result: AuditLinkResult }
  | { readonly kind: 'published'; readonly png: Uint8Array<ArrayBuffer>; readonly altered: boolean }
  | { readonly kind: 'remade'; readonly png: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'done'; readonly report: Report }
  | { readonly kind: 'failed'; readonly message: string }

/** The whole result, as it can be downloaded. */
export interface Report {
  readonly format: 'latentmint-audit-1'
  readonly subject: 'token'
  readonly contract: string
  readonly chainId: number
  readonly token: string
  readonly verdict: LinkState
  readonly links: readonly AuditLinkResult[]
  readonly seconds: number
}

/** Broken outweighs unchecked, and unchecked is never read as fine. */
export function verdictOf(links: readonly AuditLinkResult[]): LinkState {
  if (links.some(({ state }) => state === 'broken')) return 'broken'
  return links.length === 0 || links.some(({ state }) => state === 'unchecked') ? 'unchecked' : 'ok'
}

/** @returns what the address asks for; missing parts are empty */
export function orderOfAddress(search: string, origin: string): Order {
  const query = new URLSearchParams(search)
  const served = /^https?:/u.test(origin) ? [origin] : []
  return {
    rpc: query.get('rpc') ?? '',
    contract: query.get('contract') ?? '',
    token: query.get('token') ?? '',
    gateways: query.has('gateway') ? [...new Set([...served, ...query.getAll('gateway')])] : served,
  }
}

/** @returns what is wrong with the order, each a sentence; empty when it can be carried out */
export function problemsOf({ rpc, contract, token, gateways }: Order): readonly string[] {
  const problems: string[] = []
  if (!/^https?:\/\//u.test(rpc)) problems.push('The node is an address that begins with http:// or https://.')
  if (!/^0x[0-9a-fA-F]{40}$/u.test(contract)) problems.push('The contract is 0x and 40 hexadecimal digits.')
  if (!/^\d{1,15}$/u.test(token)) problems.push('The token is a number.')
  if (gateways.length === 0) problems.push('At least one IPFS gateway is needed.')
  if (gateways.some((url) => !/^https?:\/\//u.test(url))) problems.push('A gateway begins with http:// or https://.')
  return problems
}
