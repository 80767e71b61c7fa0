// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {Attestation, AttestationRecord, DropState} from "../interfaces/DropTypes.sol";
import {IDropReports} from "../interfaces/IDropReports.sol";
import {Ledger} from "./DropLedger.sol";

/// @title What auditors signed about tokens and drops
/// @notice Anyone may attest; whose word counts is for the reader to say.
library DropAttestations {
    using SafeCast for uint256;

    bytes32 private constant TYPEHASH = keccak256(
        "Attestation(address auditor,uint256 drop,uint256 tokenId,uint8 verdict,bytes32 evidenceDigest,uint64 issuedAt)"
    );

    function attest(
        Ledger storage ledger,
        Attestation calldata attestation,
        bytes calldata signature,
        bytes32 digest
    ) internal returns (uint256 position) {
        (uint256 drop, uint256 tokenId) = (attestation.drop, attestation.tokenId);
        if (ledger.heads[drop].state() == DropState.None)
            revert IDropReports.WrongState(drop, DropState.None, DropState.Announced);
        if (tokenId != 0 && tokenId >> 16 != drop) revert IDropReports.TokenNotOfDrop(tokenId, drop);
        if (attestation.issuedAt > block.timestamp)
            revert IDropReports.IssuedInFuture(attestation.issuedAt, block.timestamp);
        if (ledger.attested[digest]) revert IDropReports.AlreadyAttested(digest);
        if (!SignatureChecker.isValidSignatureNowCalldata(attestation.auditor, digest, signature))
            revert IDropReports.AttestationNotSigned(attestation.auditor);

        ledger.attested[digest] = true;
        AttestationRecord[] storage records = ledger.attestations[drop][tokenId];
        position = records.length;
        records.push(
            AttestationRecord({
                auditor: attestation.auditor,
                verdict: attestation.verdict,
                issuedAt: uint256(attestation.issuedAt).toUint40(),
                revokedAt: 0,
                evidenceDigest: attestation.evidenceDigest
            })
        );
        ledger.standing[drop][tokenId] += 1;
        emit IDropReports.Attested(
            drop,
            tokenId,
            attestation.auditor,
            position,
            attestation.verdict,
            attestation.evidenceDigest
        );
    }

    function revoke(Ledger storage ledger, uint256 drop, uint256 tokenId, uint256 position) internal {
        AttestationRecord[] storage records = ledger.attestations[drop][tokenId];
        if (position >= records.length) revert IDropReports.UnknownAttestation(position, records.length);
        AttestationRecord storage record = records[position];
        if (record.auditor != msg.sender) revert IDropReports.NotAuditor(msg.sender, record.auditor);
        if (record.revokedAt != 0) revert IDropReports.AlreadyRevoked(position);

        record.revokedAt = block.timestamp.toUint40();
        ledger.standing[drop][tokenId] -= 1;
        emit IDropReports.AttestationRevoked(drop, tokenId, msg.sender, position);
    }

    function page(
        Ledger storage ledger,
        uint256 drop,
        uint256 tokenId,
        uint256 first,
        uint256 count
    ) internal view returns (AttestationRecord[] memory records) {
        AttestationRecord[] storage all = ledger.attestations[drop][tokenId];
        uint256 end = Math.min(all.length, Math.saturatingAdd(first, count));
        records = new AttestationRecord[](Math.saturatingSub(end, first));
        for (uint256 i = 0; i < records.length; ++i) records[i] = all[first + i];
    }

    function structHash(Attestation calldata attestation) internal pure returns (bytes32) {
        return
            keccak256(
                abi.encode(
                    TYPEHASH,
                    attestation.auditor,
                    attestation.drop,
                    attestation.tokenId,
                    attestation.verdict,
                    attestation.evidenceDigest,
                    attestation.issuedAt
                )
            );
    }
}
