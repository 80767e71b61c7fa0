import type { Hex } from '../domain/digest.ts'
import { SETTS } from './tartan-setts.ts'
import { settFolder } from './tartan.ts'

/** Somebody whose work is in a dataset, and who gets a share of what is made from it. */
export interface Studio {
  readonly name: string
  /** Lower-case hex. */
  readonly address: Hex
  /** The folders of the dataset that the studio drew. */
  readonly folders: readonly string[]
}

/**
 * The studios of the ikat dataset. The addresses of all studios are the well-known ones of the mnemonic "test test test
 * test test test test test test test test junk", here accounts 5, 6 and 7: good on a local chain, and worthless anywhere else.
 */
export const IKAT_STUDIOS: readonly Studio[] = [
  {
    name: 'Abrband Workshop',
    address: '0x9965507d1a55bcc2695c58ba16fb37d819b0a4dc',
    folders: ['lozenge'],
  },
  {
    name: 'Studio Dawn Medallion',
    address: '0x976ea74026e726554db657fa54763abd0c3a0aa9',
    folders: ['medallion'],
  },
  {
    name: 'Warp & Almond',
    address: '0x14dc79964da2c08b23698b3d3cc7ca32193d9955',
    folders: ['almond', 'ladder'],
  },
]

/** The studios of the dataset of five cloths, each with its own: accounts 5 and 8 to 11. */
export const LOOM_STUDIOS: readonly Studio[] = [
  {
    name: 'Abrband Workshop',
    address: '0x9965507d1a55bcc2695c58ba16fb37d819b0a4dc',
    folders: ['ikat'],
  },
  {
    name: 'Needle & Moon',
    address: '0x23618e81e3f5cdf7f54c3d65f7fbc0abf5b21e8f',
    folders: ['suzani'],
  },
  {
    name: 'Canting House',
    address: '0xa0ee7a142d267c1f36714e4a8f75612f20a79720',
    folders: ['batik'],
  },
  {
    name: 'Slit & Hook Weavers',
    address: '0xbcd4042de499d14e55001ccbb24a551f3b954096',
    folders: ['kilim'],
  },
  {
    name: 'The Blue Vat',
    address: '0x71be63f3384f5fb98995898a86b02fb2426c5788',
    folders: ['shibori'],
  },
]

/** The mill that wove all tartans: account 12. */
export const TARTAN_STUDIOS: readonly Studio[] = [
  {
    name: 'Sett & Twill Mill',
    address: '0xfabb0ac9d68b0b445fb7357272ff202c5651694a',
    folders: SETTS.map((_, seed) => settFolder(seed)),
  },
]
