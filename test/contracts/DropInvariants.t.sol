// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Attribution} from "../../contracts/Attribution.sol";
import {Drop} from "../../contracts/Drop.sol";
import {DropDesk} from "../../contracts/DropDesk.sol";
import {DropFactory} from "../../contracts/DropFactory.sol";
import {
    Announcement,
    CollectionTerms,
    DropInfo,
    DropState,
    MintOrder,
    Phase,
    PhaseKind,
    Piece
} from "../../contracts/interfaces/DropTypes.sol";
import {SumNode} from "../../contracts/interfaces/IAttribution.sol";
import {IDrop} from "../../contracts/interfaces/IDrop.sol";
import {Dataset, Model} from "../../contracts/interfaces/ILineage.sol";
import {Lineage} from "../../contracts/Lineage.sol";

/// @dev The few of the test runner's instructions that are used here.
interface Vm {
    function deal(address account, uint256 balance) external;
    function prank(address sender) external;
    function roll(uint256 number) external;
    function setBlockhash(uint256 number, bytes32 hash) external;
    function warp(uint256 time) external;
}

/// @notice Plays operator, collectors, challengers and contributors, in any order, and keeps its own books.
contract DropHandler {
    Vm private constant _VM = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    uint256 private constant _CANDIDATES = 4;
    uint256 private constant _SIZE = 3;
    uint256 private constant _UNIT = 1e12;
    bytes32 private constant _SALT = "salt";

    Lineage public immutable lineage = new Lineage();
    Attribution public immutable attribution = new Attribution(lineage);
    IDrop public immutable drop;
    bytes32 public immutable model;

    address[3] private _collectors = [address(0xA11CE), address(0xB0B), address(0xCA401)];

    /// @dev The books: what came in and went out of the collection, by kind.
    uint256 public paid;
    uint256 public refunded;
    uint256 public posted;
    uint256 public staked;
    uint256 public withdrawn;
    uint256 public forwarded;
    uint256 public mints;
    uint256 public burns;
    bool public wentBack;
    bool public changedTerms;

    uint256 private _askedDrop;
    uint256 private _askedRank;
    mapping(uint256 drop => DropState state) private _lastState;
    mapping(uint256 drop => bytes32 digest) private _terms;
    mapping(uint256 drop => bool swapped) private _isSwapped;

    constructor() {
        DropDesk desk = new DropDesk(lineage, attribution);
        DropFactory factory = new DropFactory(address(new Drop(address(desk), lineage, attribution)));
        address self = address(this);
        drop = IDrop(factory.createCollection(CollectionTerms("I", "I", self, self, self, self, 0), 0));

        bytes32 leaf = keccak256(abi.encode(self, uint256(1_000_000)));
        bytes32 sharesRoot = keccak256(abi.encode(leaf, uint256(1_000_000)));
        bytes32 dataset = lineage.registerDataset(Dataset("root", 1, sharesRoot, "CC0-1.0", ""));
        model = lineage.registerModel(Model("bundle", "recipe", dataset, 0, 0, 1_000, "CC0-1.0", ""));
        lineage.setAuthorised(model, address(drop), true);
    }

    receive() external payable {}

    modifier watched() {
        _;
        for (uint256 i = 1; i <= drop.dropCount(); ++i) _watch(i);
    }

    /// @notice A drop from nothing to its commit, or to the sale, so that sequences get to what comes after.
    function launch(uint96 bond, uint32 first, uint32 last, bool swapped, bool waits) external {
        announce(bond, first, last, swapped);
        draw(2);
        commit();
        if (waits) wait(1 hours);
    }

    function announce(uint96 bond, uint32 first, uint32 last, bool swapped) public watched {
        uint256 value = uint256(bond) + 1;
        _VM.deal(address(this), value);
        if (last > first) (first, last) = (last, first);
        try drop.announce{value: value}(_announcement(first, last)) returns (uint256 number) {
            posted += value;
            _isSwapped[number] = swapped;
        } catch {}
    }

    function draw(uint8 blocks) public watched {
        uint256 number = drop.dropCount();
        uint256 seedBlock = drop.dropOf(number).seedBlock;
        _VM.roll(block.number + blocks);
        _VM.setBlockhash(seedBlock, keccak256(abi.encode(seedBlock)));
        try drop.draw(number, _SALT) {} catch {}
    }

    function commit() public watched {
        uint256 number = drop.dropCount();
        try drop.commit(number, _root(number), "directory", 0) {} catch {}
    }

    function mint(uint8 rank, uint8 who, uint64 extra) external watched {
        uint256 number = drop.dropCount();
        if (number == 0) return;
        uint256 price = drop.currentPrice(number, 0);
        address collector = _collectors[who % 3];
        _VM.deal(collector, price + extra);
        Piece[] memory pieces = new Piece[](1);
        pieces[0] = _piece(number, rank % _CANDIDATES);
        _VM.prank(collector);
        try drop.mintPublic{value: price + extra}(MintOrder(number, 0, collector, false), pieces) {
            paid += price;
            ++mints;
        } catch {}
    }

    function refund(uint8 number, uint8 rank) external watched {
        uint256 tokenId = ((uint256(number) % (drop.dropCount() + 1)) << 16) | (rank % _CANDIDATES);
        try drop.ownerOf(tokenId) returns (address owner) {
            uint256 price = drop.provenanceOf(tokenId).priceWei;
            uint256 before = owner.balance;
            _VM.prank(owner);
            try drop.refund(tokenId) {
                require(owner.balance - before == price, "refund is not the price");
                refunded += price;
                ++burns;
            } catch {}
        } catch {}
    }

    function challenge(uint8 a, uint8 b, uint8 kind) external watched {
        uint256 number = drop.dropCount();
        Piece memory one = _piece(number, a % _CANDIDATES);
        Piece memory other = _piece(number, b % _CANDIDATES);
        // Half of the challenges to a drop that is wrong are right.
        bool right = _isSwapped[number] && kind > 127;
        if (right) (one, other) = (_piece(number, 1), _piece(number, 0));
        _VM.prank(address(0xC4A1));
        if (right) try drop.challengeOrder(number, one, other) {} catch {}
        else if (kind % 3 == 0) try drop.challengeTwice(number, one, other) {} catch {}
        else if (kind % 3 == 1) try drop.challengeOutOfRange(number, one) {} catch {}
        else try drop.challengeOrder(number, one, other) {} catch {}
    }

    function ask(uint8 rank) external watched {
        uint256 number = drop.dropCount();
        uint256 stake = drop.askStake(number);
        _VM.deal(address(this), stake);
        try drop.ask{value: stake}(number, rank % _CANDIDATES) {
            staked += stake;
            (_askedDrop, _askedRank) = (number, rank % _CANDIDATES);
        } catch {}
    }

    function answer(uint8 rank) external watched {
        uint256 number = drop.dropCount();
        try drop.answer(number, _piece(number, rank % _CANDIDATES)) {} catch {}
    }

    /// @notice Of the last question; late enough, since it is the others that try to be early.
    function endQuestion(bool reclaim) external watched {
        if (reclaim) try drop.reclaimStake(_askedDrop, _askedRank) {} catch {}
        else {
            wait(1 hours + 1);
            try drop.voidUnanswered(_askedDrop, _askedRank) {} catch {}
        }
    }

    function voidEarly(uint8 rank) external watched {
        try drop.voidUnanswered(drop.dropCount(), rank % _CANDIDATES) {} catch {}
    }

    function end(uint8 number, uint8 kind) external watched {
        uint256 chosen = number % (drop.dropCount() + 1);
        uint256 before = _attributed();
        if (kind % 4 == 0) try drop.abandon(chosen) {} catch {}
        else if (kind % 4 == 1) try drop.voidOverdue(chosen) {} catch {}
        else if (kind % 4 == 2) try drop.settle(chosen) {} catch {}
        else try drop.close(chosen) {} catch {}
        forwarded += _attributed() - before;
    }

    function withdraw(bool challenger) external watched {
        if (challenger) _VM.prank(address(0xC4A1));
        try drop.withdrawCredit(address(0xFEED)) returns (uint256 amount) {
            withdrawn += amount;
        } catch {}
    }

    function pause(bool paused) external watched {
        try drop.setSalesPaused(drop.dropCount(), paused) {} catch {}
    }

    function claim() external watched {
        SumNode[] memory none = new SumNode[](0);
        try attribution.claim(model, IERC20(address(0)), address(this), 1_000_000, 0, none) {} catch {}
    }

    function wait(uint32 time) public {
        _VM.warp(block.timestamp + (time % 2 days));
        _VM.roll(block.number + 1);
    }

    function _attributed() private view returns (uint256) {
        return attribution.totalOf(model, IERC20(address(0)));
    }

    function _watch(uint256 number) private {
        DropInfo memory info = drop.dropOf(number);
        if (info.state < _lastState[number]) wentBack = true;
        _lastState[number] = info.state;
        bytes32 digest = keccak256(
            abi.encode(info.model, info.policyDigest, info.saltHash, info.bondWei, info.seedBlock, info.salesEnd)
        );
        if (_terms[number] == 0) _terms[number] = digest;
        if (_terms[number] != digest) changedTerms = true;
    }

    function _announcement(uint32 first, uint32 last) private view returns (Announcement memory terms) {
        terms.model = model;
        terms.policyDigest = "policy";
        terms.saltHash = keccak256(abi.encode(_SALT));
        terms.candidates = uint16(_CANDIDATES);
        terms.size = uint16(_SIZE);
        terms.weightScore = 1;
        terms.seedDelay = 1;
        terms.challengeWindow = 1 hours;
        terms.phases = new Phase[](1);
        terms.phases[0] = Phase({
            kind: PhaseKind.Public,
            start: uint40(block.timestamp),
            end: uint40(block.timestamp + 3 days),
            walletLimit: 2,
            priceStart: uint128(first * _UNIT),
            priceEnd: uint128(last * _UNIT),
            gate: 0
        });
    }

    /// @dev Candidate i has the score 9 - i; a swapped drop exchanges the first two.
    function _factsAt(uint256 number, uint256 rank) private view returns (uint256) {
        uint256 index = _isSwapped[number] && rank < 2 ? 1 - rank : rank;
        return (9 - index) | (index << 48) | (number << 72);
    }

    function _leafAt(uint256 number, uint256 rank) private view returns (bytes32) {
        return keccak256(abi.encode(_factsAt(number, rank), bytes32("pixels"), bytes32(rank + 1)));
    }

    function _node(bytes32 left, bytes32 right) private pure returns (bytes32) {
        return keccak256(abi.encode(left, right));
    }

    function _pair(uint256 number, uint256 pair) private view returns (bytes32) {
        return _node(_leafAt(number, 2 * pair), _leafAt(number, 2 * pair + 1));
    }

    function _root(uint256 number) private view returns (bytes32) {
        return _node(_pair(number, 0), _pair(number, 1));
    }

    function _piece(uint256 number, uint256 rank) private view returns (Piece memory piece) {
        bytes32[] memory proof = new bytes32[](2);
        proof[0] = _leafAt(number, rank ^ 1);
        proof[1] = _pair(number, 1 - rank / 2);
        piece = Piece(rank, _factsAt(number, rank), "pixels", bytes32(rank + 1), proof);
    }
}

/// @title What holds after any sequence of calls
contract DropInvariants {
    DropHandler private _handler;
    IDrop private _drop;
    address[] private _targets;

    function setUp() public {
        _handler = new DropHandler();
        _drop = _handler.drop();
        _targets.push(address(_handler));
    }

    function targetContracts() public view returns (address[] memory) {
        return _targets;
    }

    /// @notice proceeds = deposits + refunds + held, to the wei; nothing is lost, and nothing comes from elsewhere.
    function invariant_everyWeiIsAccountedFor() public view {
        uint256 came = _handler.paid() + _handler.posted() + _handler.staked();
        uint256 went = _handler.refunded() + _handler.withdrawn() + _handler.forwarded();
        require(address(_drop).balance == came - went, "wei appeared or vanished");
    }

    /// @notice What the collection owes to anyone is there.
    function invariant_whatIsOwedIsThere() public view {
        uint256 owed = _drop.creditOf(address(_handler)) + _drop.creditOf(address(0xC4A1));
        for (uint256 i = 1; i <= _drop.dropCount(); ++i) {
            DropInfo memory info = _drop.dropOf(i);
            if (!info.settled) owed += info.bondWei;
            if (info.state == DropState.Committed || info.state == DropState.Void) owed += info.proceedsWei;
        }
        require(address(_drop).balance >= owed, "owes more than it has");
    }

    /// @notice Never more tokens than the size; as many as were minted; each rank once.
    function invariant_supply() public view {
        uint256 minted = 0;
        uint256 existing = 0;
        for (uint256 i = 1; i <= _drop.dropCount(); ++i) {
            DropInfo memory info = _drop.dropOf(i);
            require(info.minted <= info.size, "more than the size");
            minted += info.minted;
            for (uint256 bits = _drop.mintedBitmap(i, 0); bits != 0; bits &= bits - 1) ++existing;
        }
        require(minted == _handler.mints(), "minted is not what was minted");
        require(existing == _handler.mints() - _handler.burns(), "a rank exists twice, or is lost");
    }

    /// @notice The cap of the model is charged for what was minted, and for what may still be.
    function invariant_capIsCharged() public view {
        uint256 charged = 0;
        for (uint256 i = 1; i <= _drop.dropCount(); ++i) {
            DropInfo memory info = _drop.dropOf(i);
            charged += info.settled ? info.minted : info.size;
        }
        require(_handler.lineage().reservedOf(_handler.model()) == charged, "cap is charged wrongly");
    }

    /// @notice A drop goes forward only, and what was announced stays.
    function invariant_forwardOnly() public view {
        require(!_handler.wentBack(), "a drop went back");
        require(!_handler.changedTerms(), "an announcement changed");
    }

    /// @notice Attribution never pays out more than came in.
    function invariant_attributionIsSolvent() public view {
        IERC20 coin = IERC20(address(0));
        bytes32 model = _handler.model();
        uint256 total = _handler.attribution().totalOf(model, coin);
        uint256 paid = _handler.attribution().claimedBy(model, coin, address(_handler));
        require(address(_handler.attribution()).balance == total - paid, "attribution does not add up");
    }
}
