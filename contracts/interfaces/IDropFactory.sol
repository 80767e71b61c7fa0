// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {CollectionTerms} from "./DropTypes.sol";

/// @title DropFactory: one cheap clone of Drop for each collection
interface IDropFactory {
    event CollectionCreated(address indexed collection, address indexed creator, address indexed admin, string name);

    /// @notice The implementation is not a contract.
    error NotAContract(address implementation);

    /// @notice Deploys and initialises a collection at an address known beforehand.
    /// @param salt Chosen by the caller; the same caller and salt give the same address, so a second call reverts.
    function createCollection(CollectionTerms calldata terms, bytes32 salt) external returns (address collection);

    /// @notice Where `createCollection` will put, or has put, the collection of this creator and salt.
    function predictCollection(address creator, bytes32 salt) external view returns (address);

    /// @notice Whether the address is a collection made here.
    function isCollection(address collection) external view returns (bool);

    /// @notice The contract whose code the collections run.
    function implementation() external view returns (address);
}
