import type { Hex } from '../domain/digest.ts'
import type { Family } from './ikat-motifs.ts'

/** Somebody whose work is in the dataset, and who gets a share of what is made from it. */
export interface Studio {
  readonly name: string
  /** Lower-case hex. */
  readonly address: Hex
  readonly families: readonly Family[]
}

/**
 * The studios of the shipped dataset. The addresses are the well-known ones of the mnemonic "test test test test test
 * test test test test test test junk", accounts 5, 6 and 7: good on a local chain, and worthless anywhere else.
 */
export const STUDIOS: readonly Studio[] = [
  {
    name: 'Abrband Workshop',
    address: '0x9965507d1a55bcc2695c58ba16fb37d819b0a4dc',
    families: ['lozenge'],
  },
  {
    name: 'Studio Dawn Medallion',
    address: '0x976ea74026e726554db657fa54763abd0c3a0aa9',
    families: ['medallion'],
  },
  {
    name: 'Warp & Almond',
    address: '0x14dc79964da2c08b23698b3d3cc7ca32193d9955',
    families: ['almond', 'ladder'],
  },
]
