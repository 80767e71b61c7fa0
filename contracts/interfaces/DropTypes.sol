// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice Where a drop stands; it only ever goes forward, or to Void.
enum DropState {
    None,
    Announced,
    Drawn,
    Committed,
    Closed,
    Void
}

/// @notice Who may mint in a phase.
enum PhaseKind {
    Public,
    Allowlist,
    Voucher
}

/// @notice What a collection is made with.
/// @param royaltyBps ERC-2981 royalty in 1/10,000 of the sale price, at most 1,000; it goes to the contributors.
struct CollectionTerms {
    string name;
    string symbol;
    address admin;
    address operator;
    address curator;
    address guardian;
    uint16 royaltyBps;
}

/// @notice One window of the sale.
/// @param start First second, Unix time.
/// @param end First second after it.
/// @param walletLimit Tokens per wallet in this phase; 0 is no limit. An allowlist leaf carries its own limit as well.
/// @param priceStart In wei, a multiple of 1e12. Public: the price at the start.
/// @param priceEnd In wei, a multiple of 1e12, at most priceStart. Public: the price reached at the end, linearly.
/// Allowlist and voucher: the least that a leaf or voucher may ask (their own price applies).
/// @param gate Allowlist: Merkle root. Voucher: the signer's address, left-padded. Public: zero.
struct Phase {
    PhaseKind kind;
    uint40 start;
    uint40 end;
    uint16 walletLimit;
    uint128 priceStart;
    uint128 priceEnd;
    bytes32 gate;
}

/// @notice An announcement; nothing in it can change again.
/// @param candidates N, how many candidates are made.
/// @param size K, how many of them are for sale at most.
/// @param seedDelay In blocks, from the announcement to the block whose hash seeds the drop; at least 1.
/// @param challengeWindow In seconds, from the commit to the first sale; also the time to answer for a position.
struct Announcement {
    bytes32 model;
    bytes32 policyDigest;
    bytes32 saltHash;
    uint16 candidates;
    uint16 size;
    uint16 minScore;
    uint16 minRarity;
    uint16 minDemand;
    uint16 weightScore;
    uint16 weightRarity;
    uint16 weightDemand;
    uint32 seedDelay;
    uint32 challengeWindow;
    Phase[] phases;
}

/// @notice A leaf of the committed tree, with its proof.
/// @param rank Its position in the tree.
/// @param facts Least significant bit first: score 16, rarity 16, demand 16, index 16, reason 8, drop 32.
/// @param proof Siblings from the leaf upwards, exactly as many as the tree is deep.
struct Piece {
    uint256 rank;
    uint256 facts;
    bytes32 pixelDigest;
    bytes32 artifactDigest;
    bytes32[] proof;
}

/// @notice What a collector asks for.
/// @param recipient Who receives the tokens; the caller pays, and the caller's wallet limit counts.
/// @param safe Whether a receiving contract is asked to acknowledge (ERC-721 onERC721Received).
struct MintOrder {
    uint256 drop;
    uint256 phase;
    address recipient;
    bool safe;
}

/// @notice A signed right to one piece; EIP-712, see minter/domain/voucher.ts. The token itself is the nonce.
/// @param deadline Last second, in Unix time, at which it may be redeemed.
struct Voucher {
    address to;
    uint256 drop;
    uint256 phase;
    uint256 rank;
    uint256 priceWei;
    uint64 deadline;
}

/// @notice An auditor's finding about a token, or about a whole drop.
/// @param tokenId Zero for the whole drop.
/// @param verdict 1 confirmed, 2 refuted; other values are the auditor's own.
/// @param evidenceDigest sha-256 of the report.
/// @param issuedAt Unix time, part of what is signed, so that a revoked finding can be issued anew.
struct Attestation {
    address auditor;
    uint256 drop;
    uint256 tokenId;
    uint8 verdict;
    bytes32 evidenceDigest;
    uint64 issuedAt;
}

/// @notice An attestation as kept.
/// @param revokedAt Unix time; zero while it stands.
struct AttestationRecord {
    address auditor;
    uint8 verdict;
    uint40 issuedAt;
    uint40 revokedAt;
    bytes32 evidenceDigest;
}

/// @notice Everything the chain knows about a drop, for pages and auditors.
/// @param settled Whether the bond has been paid out.
/// @param bondHolder Who gets the bond: who announced; in a void drop, half of it, who proved it wrong.
/// @param seedBlock The block whose hash seeds the drop.
/// @param liveAt Unix time of the first possible sale, until which positions may be asked for; zero before the commit.
/// @param closableAt Before then the drop is not closed: a position asked for late can still be answered, and what the
/// answer shows be challenged. Zero before the commit.
/// @param commitUntil Until when the operator must commit; zero before the draw.
/// @param salesEnd End of the last phase.
/// @param minted Tokens ever minted in the drop.
/// @param questions Positions asked for and not yet answered.
struct DropInfo {
    DropState state;
    bool paused;
    bool settled;
    address bondHolder;
    bytes32 model;
    bytes32 policyDigest;
    bytes32 saltHash;
    bytes32 masterSeed;
    bytes32 root;
    bytes32 directoryDigest;
    bytes32 vetoDigest;
    uint16 candidates;
    uint16 size;
    uint16 minted;
    uint16 minScore;
    uint16 minRarity;
    uint16 minDemand;
    uint16 weightScore;
    uint16 weightRarity;
    uint16 weightDemand;
    uint8 phases;
    uint64 seedBlock;
    uint32 challengeWindow;
    uint40 liveAt;
    uint40 closableAt;
    uint40 commitUntil;
    uint40 salesEnd;
    uint16 questions;
    uint256 bondWei;
    uint256 proceedsWei;
}

/// @notice Everything an auditor needs to make a token again.
/// @param seed keccak256(abi.encode(masterSeed, index)).
struct Provenance {
    uint256 drop;
    uint256 rank;
    uint256 index;
    uint256 score;
    uint256 rarity;
    uint256 demand;
    uint256 priceWei;
    bytes32 seed;
    bytes32 masterSeed;
    bytes32 model;
    bytes32 dataset;
    bytes32 bundleDigest;
    bytes32 recipeDigest;
    bytes32 policyDigest;
    bytes32 root;
    bytes32 artifactDigest;
    bytes32 directoryDigest;
}
