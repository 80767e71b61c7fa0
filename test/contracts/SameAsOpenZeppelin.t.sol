// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";
import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {Attribution} from "../../contracts/Attribution.sol";
import {Drop} from "../../contracts/Drop.sol";
import {DropDesk} from "../../contracts/DropDesk.sol";
import {DropFactory} from "../../contracts/DropFactory.sol";
import {
    Announcement,
    CollectionTerms,
    DropState,
    MintOrder,
    Phase,
    PhaseKind,
    Piece
} from "../../contracts/interfaces/DropTypes.sol";
import {IDrop} from "../../contracts/interfaces/IDrop.sol";
import {Dataset, Model} from "../../contracts/interfaces/ILineage.sol";
import {Lineage} from "../../contracts/Lineage.sol";
import {Reenterer} from "../../contracts/testing/Visitors.sol";
import {Candidates} from "./Candidates.sol";
import {Vm, VM} from "./Vm.sol";

/// @notice OpenZeppelin's token, with the burn that a refund is.
contract Model721 is ERC721 {
    constructor() ERC721("I", "I") {}

    function mint(address to, uint256 tokenId) external {
        _mint(to, tokenId);
    }

    function refund(uint256 tokenId) external {
        _update(address(0), tokenId, msg.sender);
    }
}

/// @notice A contract that takes payments, and no tokens.
contract Till {
    receive() external payable {}
}

/// @notice Does the same to a collection and to OpenZeppelin's ERC-721, and compares what both answer and log.
contract PairHandler {
    IDrop public immutable drop;
    Model721 public immutable model = new Model721();
    /// @dev Two people, a contract that takes tokens, one that does not, and nobody.
    address[5] public actors = [
        address(0xA11CE),
        address(0xB0B),
        address(new Reenterer()),
        address(new Till()),
        address(0)
    ];
    bool public differs;
    uint256 private constant _FIRST = 1 << 16;

    constructor() {
        Lineage lineage = new Lineage();
        Attribution attribution = new Attribution(lineage);
        DropDesk desk = new DropDesk(lineage, attribution);
        DropFactory factory = new DropFactory(address(new Drop(address(desk), lineage, attribution)));
        address self = address(this);
        drop = IDrop(factory.createCollection(CollectionTerms("I", "I", self, self, self, self, 0), 0));
        bytes32 dataset = lineage.registerDataset(Dataset("root", 1, "shares", "CC0-1.0", ""));
        bytes32 id = lineage.registerModel(Model("bundle", "recipe", dataset, 0, 0, 1_000, "CC0-1.0", ""));
        lineage.setAuthorised(id, address(drop), true);
        _open(id);
    }

    receive() external payable {}

    function mint(uint8 rank, uint8 to) external {
        if (drop.dropOf(1).state == DropState.Void) return;
        Piece[] memory pieces = new Piece[](1);
        pieces[0] = Candidates.piece(1, rank % Candidates.COUNT, true);
        (address recipient, uint256 tokenId) = (_actor(to), _tokenId(rank));
        MintOrder memory order = MintOrder(1, 0, recipient, false);
        _both(0, abi.encodeCall(drop.mintPublic, (order, pieces)), abi.encodeCall(model.mint, (recipient, tokenId)));
    }

    function approve(uint8 by, uint8 rank, uint8 to) external {
        _same(by, abi.encodeCall(IERC721.approve, (_actor(to), _tokenId(rank))));
    }

    /// @notice Not to nobody, which OpenZeppelin refuses and the standard does not.
    function approveAll(uint8 by, uint8 to, bool approved) external {
        _same(by, abi.encodeCall(IERC721.setApprovalForAll, (actors[to % 4], approved)));
    }

    function transfer(uint8 by, uint8 from, uint8 to, uint8 rank) external {
        _same(by, abi.encodeCall(IERC721.transferFrom, (_actor(from), _actor(to), _tokenId(rank))));
    }

    /// @notice From whom it belongs to, so that more of them succeed.
    function transferOwned(uint8 by, uint8 to, uint8 rank, bool safe) external {
        try model.ownerOf(_tokenId(rank)) returns (address owner) {
            if (!safe) _same(by, abi.encodeCall(IERC721.transferFrom, (owner, _actor(to), _tokenId(rank))));
            else {
                bytes4 selector = bytes4(keccak256("safeTransferFrom(address,address,uint256)"));
                _same(by, abi.encodeWithSelector(selector, owner, _actor(to), _tokenId(rank)));
            }
        } catch {}
    }

    function safeTransferWith(uint8 by, uint8 to, uint8 rank, bytes calldata data) external {
        try model.ownerOf(_tokenId(rank)) returns (address owner) {
            bytes4 selector = bytes4(keccak256("safeTransferFrom(address,address,uint256,bytes)"));
            _same(by, abi.encodeWithSelector(selector, owner, _actor(to), _tokenId(rank), data));
        } catch {}
    }

    /// @notice Once void, tokens can be refunded; seldom, since nothing is minted after it.
    function makeVoid(uint8 chance) external {
        if (chance > 15) return;
        try drop.challengeOrder(1, Candidates.piece(1, 1, true), Candidates.piece(1, 0, true)) {} catch {}
    }

    function refund(uint8 by, uint8 rank) external {
        if (drop.dropOf(1).state != DropState.Void) return;
        _same(by, abi.encodeCall(drop.refund, (_tokenId(rank))));
    }

    /// @notice Owners, balances and approvals of everything there is.
    function compare() external view returns (bool) {
        for (uint256 rank = 0; rank < Candidates.COUNT; ++rank) {
            uint256 tokenId = _FIRST + rank;
            if (!_answersAlike(abi.encodeCall(IERC721.ownerOf, (tokenId)))) return false;
            if (!_answersAlike(abi.encodeCall(IERC721.getApproved, (tokenId)))) return false;
        }
        for (uint256 i = 0; i < actors.length; ++i) {
            if (!_answersAlike(abi.encodeCall(IERC721.balanceOf, (actors[i])))) return false;
            for (uint256 j = 0; j < actors.length; ++j)
                if (!_answersAlike(abi.encodeCall(IERC721.isApprovedForAll, (actors[i], actors[j])))) return false;
        }
        return true;
    }

    function _same(uint8 by, bytes memory data) private {
        _both(by, data, data);
    }

    function _both(uint8 by, bytes memory ours, bytes memory theirs) private {
        // Nobody sends nothing.
        address sender = actors[by % 4];
        VM.recordLogs();
        VM.prank(sender);
        (bool success, ) = address(drop).call(ours);
        Vm.Log[] memory logs = VM.getRecordedLogs();
        VM.recordLogs();
        VM.prank(sender);
        (bool expected, ) = address(model).call(theirs);
        Vm.Log[] memory expectedLogs = VM.getRecordedLogs();
        if (success != expected) differs = true;
        // What a call logged before it reverted is recorded too.
        if (!success) return;
        // A refund says more than the standard asks for.
        if (logs.length < expectedLogs.length) differs = true;
        else for (uint256 i = 0; i < expectedLogs.length; ++i) if (!_alike(logs[i], expectedLogs[i])) differs = true;
    }

    function _open(bytes32 model_) private {
        Announcement memory terms;
        terms.model = model_;
        terms.policyDigest = "policy";
        terms.saltHash = keccak256(abi.encode(bytes32("salt")));
        (terms.candidates, terms.size) = (uint16(Candidates.COUNT), uint16(Candidates.COUNT));
        (terms.weightScore, terms.seedDelay) = (1, 1);
        terms.phases = new Phase[](1);
        uint40 start = uint40(block.timestamp);
        terms.phases[0] = Phase(PhaseKind.Public, start, start + 3 days, 0, 0, 0, 0);
        VM.deal(address(this), 1);
        drop.announce{value: 1}(terms);
        VM.roll(block.number + 2);
        VM.setBlockhash(drop.dropOf(1).seedBlock, "hash");
        drop.draw(1, "salt");
        drop.commit(1, Candidates.root(1, true), "directory", 0);
    }

    function _actor(uint8 i) private view returns (address) {
        return actors[i % 5];
    }

    function _answersAlike(bytes memory data) private view returns (bool) {
        (bool success, bytes memory answer) = address(drop).staticcall(data);
        (bool expected, bytes memory wanted) = address(model).staticcall(data);
        return success == expected && (!success || keccak256(answer) == keccak256(wanted));
    }

    function _tokenId(uint8 rank) private pure returns (uint256) {
        return _FIRST + (rank % Candidates.COUNT);
    }

    function _alike(Vm.Log memory one, Vm.Log memory other) private pure returns (bool) {
        bytes32 topics = keccak256(abi.encode(one.topics));
        return topics == keccak256(abi.encode(other.topics)) && keccak256(one.data) == keccak256(other.data);
    }
}

/// @title The collection's ERC-721, which is solady's with two words of its own, behaves as OpenZeppelin's does
contract SameAsOpenZeppelin {
    PairHandler private _handler;
    address[] private _targets;

    function setUp() public {
        _handler = new PairHandler();
        _targets.push(address(_handler));
    }

    function targetContracts() public view returns (address[] memory) {
        return _targets;
    }

    /// @notice Both let through the same calls, log the same and know the same.
    function invariant_sameAsOpenZeppelin() public view {
        require(!_handler.differs(), "a call or a log differs");
        require(_handler.compare(), "owners, balances or approvals differ");
    }
}
