import { createRequire } from 'node:module'
import hardhatEthers from '@nomicfoundation/hardhat-ethers'
import matchers from '@nomicfoundation/hardhat-ethers-chai-matchers'
import ignition from '@nomicfoundation/hardhat-ignition'
import mocha from '@nomicfoundation/hardhat-mocha'
import helpers from '@nomicfoundation/hardhat-network-helpers'
import typechain from '@nomicfoundation/hardhat-typechain'
import { defineConfig } from 'hardhat/config'

// The compiler comes with the packages: a path to a text file is taken as solcjs, and nothing is downloaded.
const path = createRequire(import.meta.url).resolve('solc/soljson.js')
const settings = { optimizer: { enabled: true, runs: 200 }, evmVersion: 'prague' }

export default defineConfig({
  plugins: [hardhatEthers, ignition, matchers, mocha, helpers, typechain],
  solidity: { profiles: { default: { version: '0.8.37', path, settings } } },
  networks: {
    // The chain that tests run on; the same hardfork as the compiler's.
    default: { type: 'edr-simulated', chainType: 'l1', hardfork: 'prague' },
    localhost: { type: 'http', chainType: 'l1', url: 'http://127.0.0.1:8545' },
  },
  test: { solidity: { fuzz: { runs: 256, seed: '0x1a7e47' }, invariant: { runs: 96, depth: 96 } } },
  typechain: { outDir: 'types/ethers-contracts' },
})
