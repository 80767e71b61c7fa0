/**
 * The auditor's own readers of chain and content. They use nothing of Node, and the browser must not judge by other
 * code than the command line does; what the auditor's process needs besides stays out of here.
 */
/* oxlint-disable eslint/no-restricted-imports */
export { openCollection } from '../../minter/audit/chain.ts'
export { readContent } from '../../minter/audit/content.ts'
export { type FileVerdict, judgeFile } from '../../minter/audit/file-verdict.ts'
export { createBlockClient } from '../../minter/audit/gateway.ts'
export { connectChain } from '../../minter/audit/rpc.ts'
