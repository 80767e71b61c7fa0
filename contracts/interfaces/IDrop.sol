// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAttribution} from "./IAttribution.sol";
import {ILineage} from "./ILineage.sol";

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
/// @param seedBlock The block whose hash seeds the drop.
/// @param liveAt Unix time of the first possible sale; zero before the commit.
/// @param askUntil Until when a position may be asked for; zero before the commit.
/// @param commitUntil Until when the operator must commit; zero before the draw.
/// @param salesEnd End of the last phase.
/// @param minted Tokens ever minted in the drop.
/// @param questions Positions asked for and not yet answered.
struct DropInfo {
    DropState state;
    bool paused;
    address announcer;
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
    uint40 askUntil;
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

/// @title Drop: a collection of numbered drops, one at a time
/// @notice Token id = drop << 16 | rank. Besides this interface a collection is ERC-721 (with metadata), ERC-2981,
/// ERC-4906, ERC-7572, the read side of ERC-7496, EIP-5267, and AccessControl with a delayed, two-step admin.
interface IDrop {
    event DropAnnounced(
        uint256 indexed drop,
        bytes32 indexed model,
        address indexed announcer,
        bytes32 policyDigest,
        bytes32 saltHash,
        uint256 seedBlock,
        uint256 bondWei
    );
    event SeedDrawn(uint256 indexed drop, bytes32 masterSeed, bytes32 beacon, bytes32 salt);
    event VetoesRecorded(uint256 indexed drop, address indexed curator, bytes32 vetoDigest);
    event DropCommitted(
        uint256 indexed drop,
        bytes32 root,
        bytes32 directoryDigest,
        bytes32 vetoDigest,
        uint256 liveAt
    );
    event DropVoided(uint256 indexed drop, address indexed by, bytes32 indexed why, uint256 rewardWei);
    event DropClosed(uint256 indexed drop, uint256 minted, uint256 proceedsWei);
    event PositionAsked(uint256 indexed drop, uint256 indexed rank, address indexed asker, uint256 deadline);
    event PositionAnswered(
        uint256 indexed drop,
        uint256 indexed rank,
        address indexed by,
        uint256 facts,
        bytes32 pixelDigest,
        bytes32 artifactDigest
    );
    event SalesPausedChanged(uint256 indexed drop, bool paused);
    event PieceMinted(
        uint256 indexed tokenId,
        address indexed payer,
        uint256 facts,
        bytes32 pixelDigest,
        bytes32 artifactDigest,
        uint256 priceWei
    );
    event Refunded(uint256 indexed tokenId, address indexed owner, uint256 priceWei);
    event CreditWithdrawn(address indexed account, address indexed recipient, uint256 amount);
    event Attested(
        uint256 indexed drop,
        uint256 indexed tokenId,
        address indexed auditor,
        uint256 position,
        uint8 verdict,
        bytes32 evidenceDigest
    );
    event AttestationRevoked(uint256 indexed drop, uint256 indexed tokenId, address indexed auditor, uint256 position);
    /// @notice ERC-7572.
    event ContractURIUpdated();

    /// @notice A drop is not in the state that the call needs.
    error WrongState(uint256 drop, DropState had, DropState wanted);
    /// @notice The preceding drop is neither closed nor void.
    error DropUnderway(uint256 drop, DropState had);
    /// @notice A number of the announcement is outside its bounds.
    error TermOutOfBounds(bytes32 term, uint256 had, uint256 wanted);
    /// @notice A phase ends before it starts, is over already, rises in price, or has a gate that does not suit its kind.
    error PhaseInvalid(uint256 phase);
    /// @notice Prices are whole multiples of 1e12 wei, below 2^32 of them.
    error PriceNotInUnits(uint256 had);
    /// @notice The operator posts a bond with every announcement.
    error NoBond();
    /// @notice The seed block is not behind us yet.
    error SeedBlockAhead(uint256 had, uint256 wanted);
    /// @notice The hash of the seed block can no longer be had.
    error SeedBlockGone(uint256 seedBlock);
    /// @notice The salt is not the one announced.
    error WrongSalt(bytes32 had, bytes32 wanted);
    /// @notice The operator still has time.
    error TooEarly(uint256 had, uint256 wanted);
    /// @notice The time for it is over.
    error TooLate(uint256 had, uint256 wanted);
    /// @notice A commitment of nothing.
    error EmptyCommitment();
    /// @notice The vetoes committed are not the ones that the curator recorded.
    error VetoesDiffer(bytes32 had, bytes32 wanted);
    /// @notice The two pieces, or the one, prove nothing against the commitment.
    error NothingWrong(uint256 drop);
    /// @notice The leaf does not lead to the committed root.
    error NotCommitted(uint256 drop, uint256 rank);
    /// @notice The proof has not as many siblings as the tree is deep.
    error WrongDepth(uint256 had, uint256 wanted);
    /// @notice Each position may be asked for once.
    error AlreadyAsked(uint256 drop, uint256 rank);
    /// @notice Nobody waits for an answer about this position.
    error NotAsked(uint256 drop, uint256 rank);
    /// @notice Positions were asked for and not answered.
    error QuestionsOpen(uint256 drop, uint256 had);
    /// @notice Asking takes exactly this stake.
    error WrongStake(uint256 had, uint256 wanted);
    /// @notice The guardian has paused the sale.
    error SalesPaused(uint256 drop);
    /// @notice Nothing is for sale before the challenge window is over.
    error NotLive(uint256 had, uint256 wanted);
    /// @notice The drop has no such phase.
    error UnknownPhase(uint256 had, uint256 wanted);
    /// @notice The phase is for others.
    error WrongPhaseKind(PhaseKind had, PhaseKind wanted);
    /// @notice The phase is not open: the time, its start, its end.
    error PhaseNotOpen(uint256 had, uint256 start, uint256 end);
    /// @notice The rank is not for sale.
    error RankNotForSale(uint256 had, uint256 wanted);
    /// @notice The piece was rejected; the reason is in its facts.
    error Rejected(uint256 rank, uint256 reason);
    /// @notice A metric ("score", "rarity", "demand") is below the announced threshold.
    error BelowThreshold(bytes32 metric, uint256 had, uint256 wanted);
    /// @notice The facts belong to another drop.
    error WrongDrop(uint256 had, uint256 wanted);
    /// @notice The leaf names no artifact.
    error NoArtifact(uint256 rank);
    /// @notice More tokens than the wallet may have in this phase.
    error WalletLimit(address wallet, uint256 had, uint256 wanted);
    /// @notice The wallet is not on the allowlist with this limit and price.
    error NotAllowlisted(address wallet);
    /// @notice The price of the leaf or voucher is below the floor of the phase.
    error BelowFloor(uint256 had, uint256 wanted);
    /// @notice Too little was sent.
    error Underpaid(uint256 had, uint256 wanted);
    /// @notice The voucher's time is over.
    error VoucherExpired(uint256 deadline);
    /// @notice The voucher is not signed by the signer of the phase.
    error VoucherNotSigned(address signer);
    /// @notice The voucher names another rank.
    error VoucherForAnotherRank(uint256 had, uint256 wanted);
    /// @notice Only the voucher's collector may choose another recipient.
    error NotVoucherHolder(address had, address wanted);
    /// @notice An empty order.
    error NothingOrdered();
    /// @notice Nobody to mint for, or to appoint.
    error ZeroAddress();
    /// @notice This function takes no value; without this check it would be stuck here.
    error ValueNotAccepted();
    /// @notice The recipient refused the payment.
    error PaymentFailed(address recipient, uint256 amount);
    /// @notice There is nothing to withdraw.
    error NoCredit(address account);
    /// @notice Royalties are at most 10 %.
    error RoyaltyTooHigh(uint256 had, uint256 wanted);
    /// @notice The attestation was recorded before.
    error AlreadyAttested(bytes32 digest);
    /// @notice The signature is not the auditor's.
    error AttestationNotSigned(address auditor);
    /// @notice The token is not of this drop.
    error TokenNotOfDrop(uint256 tokenId, uint256 drop);
    /// @notice An attestation cannot be dated ahead.
    error IssuedInFuture(uint256 had, uint256 wanted);
    /// @notice Only the auditor may revoke it.
    error NotAuditor(address had, address wanted);
    /// @notice It is revoked already.
    error AlreadyRevoked(uint256 position);
    /// @notice Traits are what was committed; nobody can set one.
    error TraitsAreFrozen();
    /// @notice The collection has no trait of this name.
    error TraitKeyUnknown(bytes32 traitKey);

    // ---- Life of a drop

    /// @notice Sets up a fresh clone; once only, by the factory in the transaction that deploys it.
    function initialize(CollectionTerms calldata terms) external;

    /// @notice Opens the next drop; the value sent is the operator's bond. Role: operator.
    function announce(Announcement calldata announcement) external payable returns (uint256 drop);

    /// @notice Fixes every candidate's seed from the hash of the seed block and the salt. Anyone who knows the salt.
    function draw(uint256 drop, bytes32 salt) external;

    /// @notice Records the digest of the public list of vetoes, before the commit. Role: curator.
    function recordVetoes(uint256 drop, bytes32 vetoDigest) external;

    /// @notice Commits to all candidates by rank, and to everything published. Role: operator.
    /// @param vetoDigest The one that the curator recorded; zero when there is none.
    function commit(uint256 drop, bytes32 root, bytes32 directoryDigest, bytes32 vetoDigest) external;

    /// @notice Gives a drop up before its commit; the whole bond goes to the contributors. Role: operator.
    function abandon(uint256 drop) external;

    /// @notice Voids a drop that was not drawn, or not committed, in time. Anyone; half of the bond is the reward.
    function voidOverdue(uint256 drop) external;

    /// @notice After the sale: proceeds to the contributors, the bond back to its owner. Anyone.
    function close(uint256 drop) external;

    // ---- Challenges, while the drop is committed: anyone; half of the bond is the reward

    /// @notice Shows that the better of two candidates has the worse rank.
    function challengeOrder(uint256 drop, Piece calldata better, Piece calldata worse) external;

    /// @notice Shows one candidate, or one artifact, at two ranks.
    function challengeTwice(uint256 drop, Piece calldata one, Piece calldata other) external;

    /// @notice Shows a leaf that cannot belong to the drop: index or rank beyond N, another drop's, or unknown bits.
    function challengeOutOfRange(uint256 drop, Piece calldata piece) external;

    /// @notice Asks for a position within the ask window; the stake goes to whoever answers.
    function ask(uint256 drop, uint256 rank) external payable;

    /// @notice Shows the leaf at a position that was asked for. Anyone; earns the asker's stake.
    function answer(uint256 drop, Piece calldata piece) external;

    /// @notice Voids a drop in which a question stayed unanswered.
    function voidUnanswered(uint256 drop, uint256 rank) external;

    /// @notice Gives the stake of an unanswered question back to its asker, once the drop is void.
    function reclaimStake(uint256 drop, uint256 rank) external;

    // ---- Sale

    /// @notice Mints in a public phase. What is sent beyond the price comes back.
    function mintPublic(MintOrder calldata order, Piece[] calldata pieces) external payable;

    /// @notice Mints in an allowlist phase, for the caller's own leaf.
    function mintAllowlist(
        MintOrder calldata order,
        uint256 limit,
        uint256 priceWei,
        bytes32[] calldata allowlistProof,
        Piece[] calldata pieces
    ) external payable;

    /// @notice Redeems a voucher. Anyone may pay; only the voucher's `to` may name another recipient.
    function mintVoucher(
        Voucher calldata voucher,
        bytes calldata signature,
        Piece calldata piece,
        address recipient,
        bool safe
    ) external payable;

    /// @notice Stops or resumes the sale of a drop, nothing else. Role: guardian.
    function setSalesPaused(uint256 drop, bool paused) external;

    /// @notice Burns a token of a void drop and pays its owner exactly what was paid for it. Owner or approved.
    function refund(uint256 tokenId) external;

    /// @notice Pays out bonds, rewards and stakes.
    function withdrawCredit(address recipient) external returns (uint256 amount);

    // ---- Attestations

    /// @notice Records an auditor's signed finding (EIP-712, ERC-1271 too). Anyone may submit it.
    /// @return position Its place in the list of the token, or of the drop.
    function attest(Attestation calldata attestation, bytes calldata signature) external returns (uint256 position);

    /// @notice Marks one's own finding as revoked; it stays in the list.
    function revokeAttestation(uint256 drop, uint256 tokenId, uint256 position) external;

    /// @notice ERC-7496: always reverts.
    function setTrait(uint256 tokenId, bytes32 traitKey, bytes32 value) external;

    // ---- Reading

    /// @notice How many drops were announced; they are numbered from 1.
    function dropCount() external view returns (uint256);

    /// @notice A drop; state None when there is no such drop.
    function dropOf(uint256 drop) external view returns (DropInfo memory);

    /// @notice The phases of a drop.
    function phasesOf(uint256 drop) external view returns (Phase[] memory);

    /// @notice The price of a piece now, in wei; for allowlist and voucher phases the floor.
    function currentPrice(uint256 drop, uint256 phase) external view returns (uint256);

    /// @notice How many tokens a wallet has minted in a phase of a drop; only the latest drop of that wallet counts.
    function walletCount(uint256 drop, uint256 phase, address wallet) external view returns (uint256);

    /// @notice Whether the token of this rank exists.
    function isMinted(uint256 drop, uint256 rank) external view returns (bool);

    /// @notice Which of the ranks 256 * word to 256 * word + 255 exist, bit by bit from the lowest.
    function mintedBitmap(uint256 drop, uint256 word) external view returns (uint256);

    /// @notice Seed of a candidate; reverts before the draw.
    function seedOf(uint256 drop, uint256 index) external view returns (bytes32);

    /// @notice Everything needed to make the token again.
    function provenanceOf(uint256 tokenId) external view returns (Provenance memory);

    /// @notice The sort key of a piece by the drop's announced weights and thresholds; larger comes first.
    function rankKey(uint256 drop, uint256 facts) external view returns (uint256);

    /// @notice Whether the leaf is in the committed tree.
    function isCommitted(uint256 drop, Piece calldata piece) external view returns (bool);

    /// @notice ERC-7007's verify, as a proof of commitment and NOT of inference: that this artifact was committed for
    /// this seed. That the model makes the artifact from the seed is shown by running it.
    /// @param prompt The 32 bytes of the candidate's seed.
    /// @param aigcData The 32 bytes of the artifact digest.
    /// @param proof abi.encode(uint256 drop, Piece piece).
    function verify(bytes calldata prompt, bytes calldata aigcData, bytes calldata proof) external view returns (bool);

    /// @notice The stake that `ask` takes: a hundredth of the bond.
    function askStake(uint256 drop) external view returns (uint256);

    /// @notice How many findings were recorded, and how many of them stand.
    function attestationCount(uint256 drop, uint256 tokenId) external view returns (uint256 recorded, uint256 standing);

    /// @notice The findings from `first` on, at most `count`.
    function attestationsOf(
        uint256 drop,
        uint256 tokenId,
        uint256 first,
        uint256 count
    ) external view returns (AttestationRecord[] memory);

    /// @notice What an account may withdraw.
    function creditOf(address account) external view returns (uint256);

    /// @notice ERC-7572: metadata of the collection, in the directory of the last committed drop.
    function contractURI() external view returns (string memory);

    /// @notice ERC-7496: keys "score", "rarity", "demand", "index", "rank", "drop", "seed", "artifact", each as its
    /// keccak256.
    function getTraitValue(uint256 tokenId, bytes32 traitKey) external view returns (bytes32);

    /// @notice ERC-7496.
    function getTraitValues(uint256 tokenId, bytes32[] calldata traitKeys) external view returns (bytes32[] memory);

    /// @notice ERC-7496: describes the keys.
    function getTraitMetadataURI() external view returns (string memory);

    /// @notice The registry of models.
    function lineage() external view returns (ILineage);

    /// @notice Where proceeds and royalties go.
    function attribution() external view returns (IAttribution);
}
