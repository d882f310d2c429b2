internal import ArgumentParser
internal import Precompiler
internal import SystemPackage
internal import WasmCache

/// Whose signatures count, and who signs.
struct SignatureOptions: CommandOptions {
  // Only users may set these: whoever names the keys decides what code runs, and what is vouched for.
  @CommandOption(
    "trust",
    help: ArgumentHelp(
      """
      Take artifacts of other caches only if this public key signed them. Repeatable: one of several keys is enough.
      """,
      discussion:
        "Others are compiled here. Lower caches are meant, and servers. The own cache is trusted by its owner's rights, signed or not.",
      valueName: "key"), completion: .file(extensions: ["pub"]), setting: .byUsersOnly("paths"))
  var trust: [PathArgument] = []

  @CommandOption(
    "sign-with",
    help: ArgumentHelp(
      "Sign what is stored in the cache with this secret key.",
      discussion: "`wasmprecompile keys generate` makes one, `cache sign` signs what is there already.",
      valueName: "key"), completion: .file(extensions: ["sec", "key"]),
    setting: .byUsersOnly("a path", unset: "nothing is signed"))
  var signWith: PathArgument?

  var isSignWithGiven: Bool { _signWith.isGiven }

  /// Reads the keys.
  ///
  /// - Parameter stores: whether anything may be stored, so that it can be signed.
  func apply(to places: inout CachePlaces, stores: Bool) throws(RunFailure) {
    places.trustedKeys = try trustedKeys(places.trust)
    if stores { places.signer = try signer() }
  }

  func trustedKeys(_ whom: CacheTrust) throws(RunFailure) -> TrustedKeys {
    do { return try TrustedKeys(reading: trust.map(\.path), trust: whom) } catch {
      throw RunFailure("--trust", error)
    }
  }

  func signer() throws(RunFailure) -> SigningKey? {
    guard let path = signWith?.path else { return nil }
    do { return try SigningKey(reading: path) } catch { throw RunFailure("--sign-with", error) }
  }
}

extension RunFailure {
  /// - Parameter option: the one that names the key.
  fileprivate init(_ option: String, _ error: KeyError) {
    self.init(status: .usage, message: "\(option) \(error.path.printable): \(error.reason.printable)")
  }
}
