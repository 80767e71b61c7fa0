import { expect } from 'chai'
import { network } from 'hardhat'
import type { AttestationStruct } from '../../types/ethers-contracts/interfaces/IDrop.ts'
import { committed, deployStudio, digest, State, type Studio, tokenId } from './collection.ts'
import * as reference from './commitment-reference.ts'

const chain = await network.create()
const { ethers, networkHelpers } = chain
const deployHere = async () => deployStudio(chain)
const studioOf = async () => networkHelpers.loadFixture(deployHere)

async function committedDrop() {
  const studio = await studioOf()
  const { drop } = await committed(studio)
  return { ...studio, drop }
}

async function attestation(studio: Studio, changes: Partial<AttestationStruct>) {
  const finding = {
    auditor: studio.carol.address,
    drop: 1,
    tokenId: 0,
    verdict: 1,
    evidenceDigest: digest('report'),
    issuedAt: (await networkHelpers.time.latest()) - 10,
    ...changes,
  }
  const domain = reference.eip712Domain(31337, await studio.collection.getAddress())
  return { finding, signature: await studio.carol.signTypedData(domain, reference.attestationTypes, finding) }
}

describe('contracts/Drop: attest', () => {
  it('records what an auditor signed, whoever submits it, for a token or the whole drop', async () => {
    const studio = await committedDrop()
    const { collection, bob, carol, drop } = studio
    for (const [subject, verdict] of [
      [0n, 1],
      [tokenId(drop, 5), 2],
    ] as const) {
      const { finding, signature } = await attestation(studio, { drop, tokenId: subject, verdict })
      await expect(collection.connect(bob).attest(finding, signature))
        .to.emit(collection, 'Attested')
        .withArgs(drop, subject, carol.address, 0, verdict, digest('report'))
      expect([...(await collection.attestationCount(drop, subject))]).to.deep.equal([1n, 1n])
      const [kept] = await collection.attestationsOf(drop, subject, 0, 10)
      expect([...kept!]).to.deep.equal([carol.address, BigInt(verdict), BigInt(finding.issuedAt), 0n, digest('report')])
    }
  })

  it('pages', async () => {
    const studio = await committedDrop()
    for (const evidence of ['a', 'b', 'c']) {
      const { finding, signature } = await attestation(studio, { evidenceDigest: digest(evidence) })
      await studio.collection.attest(finding, signature)
    }
    const page = async (first: bigint, count: bigint) =>
      (await studio.collection.attestationsOf(1, 0, first, count)).map(({ evidenceDigest }) => evidenceDigest)
    expect(await page(1n, 1n)).to.deep.equal([digest('b')])
    expect(await page(1n, ethers.MaxUint256)).to.deep.equal([digest('b'), digest('c')])
    expect(await page(9n, 2n)).to.deep.equal([])
  })

  it('reverts with AlreadyAttested the second time', async () => {
    const studio = await committedDrop()
    const { finding, signature } = await attestation(studio, {})
    await studio.collection.attest(finding, signature)
    await expect(studio.collection.attest(finding, signature)).to.be.revertedWithCustomError(
      studio.collection,
      'AlreadyAttested',
    )
  })

  it('reverts with AttestationNotSigned when anything was changed', async () => {
    const studio = await committedDrop()
    const { finding, signature } = await attestation(studio, {})
    for (const changes of [{ verdict: 2 }, { evidenceDigest: digest('x') }, { auditor: studio.bob.address }]) {
      await expect(studio.collection.attest({ ...finding, ...changes }, signature)).to.be.revertedWithCustomError(
        studio.collection,
        'AttestationNotSigned',
      )
    }
  })

  it('reverts for a drop that is not there, a token of another drop, and a date to come', async () => {
    const studio = await committedDrop()
    const { collection, drop } = studio
    for (const [changes, error, args] of [
      [{ drop: 9 }, 'WrongState', [9, State.None, State.Announced]],
      [{ tokenId: tokenId(2, 0) }, 'TokenNotOfDrop', [tokenId(2, 0), drop]],
    ] as const) {
      const { finding, signature } = await attestation(studio, changes)
      await expect(collection.attest(finding, signature))
        .to.be.revertedWithCustomError(collection, error)
        .withArgs(...args)
    }
    const { finding, signature } = await attestation(studio, { issuedAt: 2 ** 39 })
    await expect(collection.attest(finding, signature)).to.be.revertedWithCustomError(collection, 'IssuedInFuture')
  })
})

async function attested() {
  const studio = await committedDrop()
  const { finding, signature } = await attestation(studio, {})
  await studio.collection.attest(finding, signature)
  return studio
}

describe('contracts/Drop: revokeAttestation', () => {
  it('marks the finding and keeps it', async () => {
    const { collection, carol, drop } = await attested()
    await expect(collection.connect(carol).revokeAttestation(drop, 0, 0))
      .to.emit(collection, 'AttestationRevoked')
      .withArgs(drop, 0, carol.address, 0)
    expect([...(await collection.attestationCount(drop, 0))]).to.deep.equal([1n, 0n])
    const [kept] = await collection.attestationsOf(drop, 0, 0, 1)
    expect(kept!.revokedAt).to.equal(await networkHelpers.time.latest())
  })

  it('is for the auditor, once, and for findings there are', async () => {
    const { collection, alice, carol, drop } = await attested()
    await expect(collection.connect(alice).revokeAttestation(drop, 0, 0))
      .to.be.revertedWithCustomError(collection, 'NotAuditor')
      .withArgs(alice.address, carol.address)
    await expect(collection.connect(carol).revokeAttestation(drop, 0, 1))
      .to.be.revertedWithCustomError(collection, 'UnknownAttestation')
      .withArgs(1, 1)
    await collection.connect(carol).revokeAttestation(drop, 0, 0)
    await expect(collection.connect(carol).revokeAttestation(drop, 0, 0))
      .to.be.revertedWithCustomError(collection, 'AlreadyRevoked')
      .withArgs(0)
  })

  it('lets the auditor say it again later', async () => {
    const studio = await attested()
    const { collection, carol, drop } = studio
    await collection.connect(carol).revokeAttestation(drop, 0, 0)
    const { finding, signature } = await attestation(studio, {})
    await collection.attest(finding, signature)
    expect([...(await collection.attestationCount(drop, 0))]).to.deep.equal([2n, 1n])
  })
})
