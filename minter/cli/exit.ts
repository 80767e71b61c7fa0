/** What a process tells its caller when it ends. */
export const EXIT = { fine: 0, failed: 1, usage: 2, resumable: 3, integrity: 5 } as const
type ExitCode = (typeof EXIT)[keyof typeof EXIT]

interface Treatment {
  readonly exit: ExitCode
  /** What the reader can do about it. */
  readonly remedy: string
}

const AGAIN = 'Run the same command again: it goes on where it stopped.'

// Keyed by the public error codes, so that a new kind of failure needs one line here and no other change.
const TREATMENTS: Readonly<Record<string, Treatment>> = {
  INTERRUPTED: { exit: EXIT.resumable, remedy: AGAIN },
  STOPPED_SHORT: {
    exit: EXIT.resumable,
    remedy: 'Run the same command again: it begins anew, and files that it had finished come out the same.',
  },
  TRAINING_STOPPED: {
    exit: EXIT.resumable,
    remedy: 'Run the same command with --resume: it goes on where it stopped.',
  },
  CREW_FAILED: {
    exit: EXIT.resumable,
    remedy: 'Run the same command with --resume: it goes on from the last checkpoint. --workers 1 needs least memory.',
  },
  PROJECTION_STOPPED: {
    exit: EXIT.resumable,
    remedy: 'The best so far is kept. Go on from it with --start and that file.',
  },
  CHAIN_UNREACHABLE: { exit: EXIT.resumable, remedy: `See that the RPC is up and the address right. ${AGAIN}` },
  CHAIN_STOPPED: { exit: EXIT.resumable, remedy: AGAIN },
  STORAGE_FAILED: { exit: EXIT.resumable, remedy: `Make room on the disk. Nothing half-written was kept. ${AGAIN}` },
  SCHEMA_NEWER: {
    exit: EXIT.usage,
    remedy: 'Use the latest version that this database was opened with; nothing was touched.',
  },
  DATABASE_LOCKED: {
    exit: EXIT.resumable,
    remedy: 'End that process first, or use PostgreSQL (LATENTMINT_DATABASE_URL).',
  },
  CONTENT_MISSING: { exit: EXIT.resumable, remedy: 'Ask another gateway, or run publish again.' },
  PLACE_UNREACHABLE: { exit: EXIT.resumable, remedy: AGAIN },
  PIN_UNAUTHORIZED: { exit: EXIT.usage, remedy: `Then: ${AGAIN}` },
  PIN_REFUSED: { exit: EXIT.resumable, remedy: `The service says why; mend that there. ${AGAIN}` },
  PIN_FAILED: { exit: EXIT.resumable, remedy: AGAIN },
  PIN_PENDING: { exit: EXIT.resumable, remedy: AGAIN },
  PINS_SHORT: {
    exit: EXIT.resumable,
    remedy: `Nothing is for sale yet, and what is held stays held. Mend what the lines above name. ${AGAIN}`,
  },
  PLACES_MISSING: {
    exit: EXIT.usage,
    remedy: 'Set LATENTMINT_KUBO or LATENTMINT_PINNING to have more; docs/storage.md says how.',
  },
  RENDERER_FAILED: { exit: EXIT.resumable, remedy: AGAIN },
  ECONNREFUSED: { exit: EXIT.resumable, remedy: `See that the service is up. ${AGAIN}` },
  POLICY_INVALID: { exit: EXIT.usage, remedy: 'Correct the policy file; every problem is listed above.' },
  CONFIG_INVALID: { exit: EXIT.usage, remedy: 'Correct the option or variable. `latentmint doctor` checks them all.' },
  DATASET_EMPTY: {
    exit: EXIT.usage,
    remedy: 'The report says why each picture was left out; docs/data.md, what is taken and how terms are stated.',
  },
  DATASET_MANIFEST_INVALID: {
    exit: EXIT.integrity,
    remedy: 'The manifest is damaged: fetch it again, or build the dataset anew.',
  },
  DATASET_PROOF_INVALID: {
    exit: EXIT.integrity,
    remedy: 'It proves nothing. Ask for another one, by `latentmint dataset prove`, and check the root.',
  },
  ENGINE_ABSENT: { exit: EXIT.usage, remedy: '`latentmint engines` lists what is here, what is not, and why.' },
  ENGINE_INSTALL_FAILED: {
    exit: EXIT.failed,
    remedy: 'Mend what the lines above name and run it again; for tensorflow, --wheel goes another way (PyPI and g++).',
  },
  STEP_MISSING: {
    exit: EXIT.usage,
    remedy: 'Do that step first, or `latentmint drop run POLICY`, which does them all.',
  },
  CONTRACTS_NOT_BUILT: {
    exit: EXIT.usage,
    remedy: 'Run ./latentmint instead of node, which compiles them, or `npm run build`.',
  },
  EADDRINUSE: { exit: EXIT.usage, remedy: 'Choose another port with --port.' },
  CHAIN_MISMATCH: { exit: EXIT.usage, remedy: 'Check the RPC and the contract address against each other.' },
  RPC_REFUSED: { exit: EXIT.failed, remedy: 'The node says why; nothing else was sent.' },
  HOUSE_MISSING: { exit: EXIT.usage, remedy: 'Deploy the contracts first: latentmint deploy --rpc URL --chain-id N' },
  DEPLOYMENT_DIFFERS: {
    exit: EXIT.usage,
    remedy: 'Nothing was overwritten. Check RPC and chain, or keep the new deployment elsewhere: --folder FOLDER',
  },
  DEPLOYMENT_STOPPED: { exit: EXIT.resumable, remedy: AGAIN },
  FUNDS_MISSING: { exit: EXIT.resumable, remedy: `Send the account what is missing. ${AGAIN}` },
  FEE_ABOVE_CAP: {
    exit: EXIT.resumable,
    remedy: `Wait until gas is cheaper, or allow more: LATENTMINT_MAX_FEE_GWEI. ${AGAIN}`,
  },
  SPENDING_CAP_REACHED: {
    exit: EXIT.resumable,
    remedy: `Wait until a day has passed, or allow more: LATENTMINT_MAX_SPEND_ETH. ${AGAIN}`,
  },
  TRANSACTION_STUCK: {
    exit: EXIT.resumable,
    remedy: `It may still be mined. Allow more (LATENTMINT_MAX_FEE_GWEI) to have it priced higher, or cancel it with your wallet. ${AGAIN}`,
  },
  SIGNER_REFUSED: { exit: EXIT.resumable, remedy: `See that the signer is up and allows this. ${AGAIN}` },
  GAN_BUNDLE_INVALID: {
    exit: EXIT.integrity,
    remedy: 'The model file is damaged or altered: fetch it again. No option overrides this.',
  },
  GAN_TRAINING_DIVERGED: {
    exit: EXIT.failed,
    remedy: 'Go on from there with --resume and a lower --learning-rate or a higher --gamma.',
  },
  CHECKPOINT_DAMAGED: {
    exit: EXIT.integrity,
    remedy: 'Bring a copy of either from elsewhere, or begin again in another folder.',
  },
  GAN_TRAINING_SET_INVALID: {
    exit: EXIT.usage,
    remedy: 'Give the images that the networks were made for; docs/training.md says what a folder has to look like.',
  },
  GAN_ADAPTER_MISMATCH: {
    exit: EXIT.integrity,
    remedy: 'Use the adapter with the very model that it names as its parent; `latentmint model inspect` says digests.',
  },
  GAN_CHECKPOINT_INVALID: {
    exit: EXIT.integrity,
    remedy: 'The file is damaged, or not what was expected: fetch it again. docs/models.md says what can be imported.',
  },
  GAN_CHECKPOINT_REFUSED: {
    exit: EXIT.integrity,
    remedy:
      'Nothing of it was run. Do not open the file with anything that would; docs/models.md says what is allowed.',
  },
  GAN_CHECKPOINT_UNSUPPORTED: {
    exit: EXIT.failed,
    remedy: 'Its pictures would not be those of the network that made it. docs/models.md says what can be imported.',
  },
  GAN_CHECKPOINT_AMBIGUOUS: {
    exit: EXIT.usage,
    remedy: 'Say it with --conv-clamp, --discriminator or --kwargs; `latentmint model import --help` has examples.',
  },
  MODEL_DIGESTS_INVALID: {
    exit: EXIT.integrity,
    remedy: 'The digests are damaged: fetch them again, or compare with a true copy (--against).',
  },
  GAN_ENGINE_UNFIT: {
    exit: EXIT.integrity,
    remedy: 'This machine does not compute the known answers; use another one.',
  },
  MODEL_MISMATCH: { exit: EXIT.integrity, remedy: 'Use the registered model file. No option overrides this.' },
  CONTENT_ALTERED: {
    exit: EXIT.integrity,
    remedy: 'The stored copy is not what was published; restore it from another copy.',
  },
  MANIFEST_INVALID: {
    exit: EXIT.integrity,
    remedy: 'The published manifest is damaged; restore it from another copy.',
  },
  AUDIT_LOG_BROKEN: {
    exit: EXIT.integrity,
    remedy: 'Somebody changed the database by hand. Compare with the digests you kept, and with a backup.',
  },
  AUDIT_BROKEN: {
    exit: EXIT.integrity,
    remedy: 'What is published is not what the chain records. Nothing overrides this.',
  },
  AUDIT_FAILED: { exit: EXIT.resumable, remedy: `See that the RPC and the gateway answer. ${AGAIN}` },
  API_REFUSED: { exit: EXIT.failed, remedy: 'The answer above says why.' },
  CALL_REVERTED: {
    exit: EXIT.failed,
    remedy: 'Nothing was changed on the chain. `latentmint drop status` shows where the drop stands.',
  },
  MODEL_INVALID: {
    exit: EXIT.integrity,
    remedy: 'Use a bundle together with the recipe and the dataset manifest that it came with.',
  },
  VETO_INVALID: {
    exit: EXIT.usage,
    remedy: 'Name a candidate of this run by its index, with a reason that everybody may read.',
  },
  VETO_TOO_LATE: {
    exit: EXIT.failed,
    remedy: 'Nothing was changed. Vetoes come between render and commit: do these steps one by one, not by `drop run`.',
  },
  RECOVERY_IMPOSSIBLE: {
    exit: EXIT.usage,
    remedy: 'Give what is missing: --policy FILE, and --salt HEX for a drop that is not drawn yet.',
  },
  QUESTION_OVERDUE: {
    exit: EXIT.failed,
    remedy: 'The other questions are answered. Once somebody voids the drop, announce a new one; answer in time there.',
  },
  PROPOSAL_EXISTS: { exit: EXIT.usage, remedy: 'Name another file with --out, or remove that one first.' },
  PROPOSAL_BEYOND: {
    exit: EXIT.failed,
    remedy: 'Nothing was written. Please report it, with the policy and the guardrails.',
  },
  GUARDRAILS_IMPOSSIBLE: { exit: EXIT.usage, remedy: 'Raise the spending cap, or correct the unit costs.' },
  DEMAND_INVALID: { exit: EXIT.usage, remedy: 'Name a snapshot as `latentmint drop close` leaves it.' },
  NOTHING_PASSED: {
    exit: EXIT.failed,
    remedy:
      'The bar was announced and stays. The funnel names the binding constraint; announce a new drop with another policy.',
  },
}

/** A failure, as it is shown: a stable code, what happened, where, and what to do. */
export interface Failure {
  readonly code: string
  readonly what: string
  readonly where: string | undefined
  readonly remedy: string
  readonly exit: ExitCode
}

function textField(value: unknown, field: 'code' | 'where'): string | undefined {
  const text: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, field) : undefined
  return typeof text === 'string' ? text : undefined
}

/** Looks through the causes for the first failure that has a treatment; else it is the outermost. */
function knownFailure(error: unknown): unknown {
  let current: unknown = error
  while (current instanceof Error) {
    if (TREATMENTS[textField(current, 'code') ?? ''] !== undefined) return current
    current = current.cause
  }
  return error
}

/** What to say about a failure, and how to end. */
export function explainFailure(error: unknown): Failure {
  const failure = knownFailure(error)
  const code = textField(failure, 'code') ?? 'UNEXPECTED'
  const treatment = TREATMENTS[code]
  return {
    code,
    what: failure instanceof Error ? failure.message : String(failure),
    where: textField(failure, 'where'),
    remedy: treatment?.remedy ?? 'This was not foreseen: please report it, with the output of `latentmint doctor`.',
    exit: treatment?.exit ?? EXIT.failed,
  }
}

/** Four lines for a person. */
export function printFailure(failure: Failure): string {
  const where = failure.where === undefined ? '' : `\n  where: ${failure.where}`
  return `${failure.code}: ${failure.what}${where}\n  do:    ${failure.remedy}\n`
}
