internal import LinuxIO
internal import SystemPackage

/// A configuration file's text, found and read.
struct ConfigurationFile {
  static let projectName = ".wasmprecompile.toml"
  private static let sizeLimit = 1_000_000

  let path: FilePath
  let text: [UInt8]

  /// The path of the user's own file.
  static var ofUser: FilePath? {
    // The specification of base directories says to ignore relative values.
    if let base = Environment.path("XDG_CONFIG_HOME"), base.isAbsolute {
      return base.appending("wasmprecompile/config.toml")
    }
    return Environment.path("HOME").map { Environment.absolute($0).appending(".config/wasmprecompile/config.toml") }
  }

  /// Reads a file; nil if there is none.
  init?(at path: FilePath) throws(RunFailure) { try self.init(at: path, unless: { _ in false }) }

  /// - Parameter isRefused: asked about a file that is there, before it is read. One that is refused counts as none.
  private init?(at path: FilePath, unless isRefused: (FileStatus) -> Bool) throws(RunFailure) {
    do throws(Trouble) {
      text = try Self.read(path, isRefused)
      self.path = path
    } catch {
      switch error {
      case .missing, .refused: return nil
      case .unreadable(let reason):
        throw RunFailure(status: .usage, message: "\(path.printable): cannot be read: \(reason)")
      }
    }
  }

  private enum Trouble: Error {
    case missing, refused
    case unreadable(String)
  }

  private static func read(_ path: FilePath, _ isRefused: (FileStatus) -> Bool) throws(Trouble) -> [UInt8] {
    let file: RegularFile
    do { file = try RegularFile(path) } catch { throw trouble(with: path, error) }
    if isRefused(file.status) { throw .refused }
    do { return try file.contents(limit: sizeLimit) } catch { throw trouble(with: path, error) }
  }

  private static func trouble(with path: FilePath, _ error: RegularFileError) -> Trouble {
    switch error {
    case .notRegular: return .unreadable("it is not a regular file")
    case .tooLarge: return .unreadable("it is larger than 1 MB")
    case .changed: return .unreadable("\(error)")
    case .system(let error):
      if [.noSuchFileOrDirectory, .notDirectory].contains(error.errno) { return .missing }
      // A path below something that is no directory, or that may not be looked into, holds nothing for us.
      if [.permissionDenied, .tooManySymbolicLinkLevels].contains(error.errno),
        (try? Descriptor.status(of: path)) == nil
      {
        return .missing
      }
      return .unreadable("\(error)")
    }
  }

  /// The project's file that lies nearest above a file or directory, or in the directory. One of somebody else's is passed
  /// over: above a project, there may be a directory that everybody can write into.
  ///
  /// - Parameter report: told of each file that is passed over, and why.
  static func nearest(
    to place: FilePath, passingOver report: (FilePath, String) -> Void = { _, _ in }
  ) throws(RunFailure) -> ConfigurationFile? {
    let place = place.resolved ?? Environment.absolute(place)
    let trust = ConfigurationTrust(of: place)
    // By bytes: taking components away costs each start 50 µs in generic code.
    var above = place.bytes[...]
    while true {
      let directory = FilePath(bytes: above)
      let path = directory.appending(projectName)
      let file = try ConfigurationFile(at: path) { file in
        guard let objection = trust.objection(to: file, at: path, in: directory) else { return false }
        report(path, objection)
        return true
      }
      if let file { return file }
      guard above.count > 1, let slash = above.lastIndex(of: UInt8(ascii: "/")) else { return nil }
      above = above[..<max(1, slash)]
    }
  }
}
