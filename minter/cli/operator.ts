import { existsSync, readFileSync } from 'node:fs'
import { HDNodeWallet, type Signer, Wallet } from 'ethers'
import { openRpcSigner } from '../adapters/rpc-signer.ts'
import type { Config } from '../config.ts'
import { ConfigInvalid } from '../errors.ts'

/** Accounts of every development chain; worthless anywhere else. */
const DEVELOPMENT_MNEMONIC = 'test test test test test test test test test test test junk'

/** A wallet of the development chain, by its number. */
export function developmentWallet(account: number): HDNodeWallet {
  return HDNodeWallet.fromPhrase(DEVELOPMENT_MNEMONIC, undefined, `m/44'/60'/0'/0/${account}`)
}

function readSecret(file: string, variable: string): string {
  if (!existsSync(file)) throw new ConfigInvalid(`${variable} names no file`, file)
  return readFileSync(file, 'utf8')
}

async function openKeystore(keystore: string, passwordFile: string | undefined): Promise<Signer> {
  if (passwordFile === undefined) {
    throw new ConfigInvalid(
      'LATENTMINT_KEYSTORE needs LATENTMINT_KEYSTORE_PASSWORD_FILE, a file with its password',
      keystore,
    )
  }
  const json = readSecret(keystore, 'LATENTMINT_KEYSTORE')
  // Editors end a file with a newline, which is no part of the password.
  const password = readSecret(passwordFile, 'LATENTMINT_KEYSTORE_PASSWORD_FILE').replace(/\r?\n$/u, '')
  try {
    return await Wallet.fromEncryptedJson(json, password)
  } catch (error) {
    throw new ConfigInvalid(
      'the keystore does not open with this password, or is none (Web3 Secret Storage)',
      keystore,
      error,
    )
  }
}

/**
 * Who sends and signs: the key in the environment, the one in a keystore file, or a signer elsewhere. No key is ever taken from the command line,
 * where other users of the machine and the shell's history would see it.
 *
 * @returns null when the surroundings name none
 * @throws {ConfigInvalid} when they name two, or one that cannot be opened
 */
export async function openOperator(config: Config): Promise<Signer | null> {
  const { key, keystore, passwordFile, signer, signerAccount } = config
  const set = Object.entries({ LATENTMINT_KEY: key, LATENTMINT_KEYSTORE: keystore, LATENTMINT_SIGNER: signer })
    .filter(([, value]) => value !== undefined)
    .map(([name]) => name)
  if (set.length > 1) throw new ConfigInvalid(`${set.join(' and ')} are set: which one is the operator?`, 'environment')
  if (key !== undefined) return new Wallet(key)
  if (signer !== undefined) return openRpcSigner(signer, signerAccount)
  return keystore === undefined ? null : openKeystore(keystore, passwordFile)
}

/** The operator, where one is needed. */
export async function requireOperator(config: Config): Promise<Signer> {
  const operator = await openOperator(config)
  if (operator !== null) return operator
  throw new ConfigInvalid(
    'set LATENTMINT_KEY, or LATENTMINT_KEYSTORE with LATENTMINT_KEYSTORE_PASSWORD_FILE, or LATENTMINT_SIGNER',
    'environment',
  )
}
