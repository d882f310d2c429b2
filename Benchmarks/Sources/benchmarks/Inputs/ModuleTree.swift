/// Distinct modules as files below one directory.
struct ModuleTree {
  let path: String
  /// How many modules there are.
  let count: Int
  /// Paths of the modules below the directory.
  let files: [String]

  /// Counts up when what is generated changes, so that older inputs are not taken for it.
  private static let generation = 1

  /// A tree that is built unless an earlier run has built it.
  ///
  /// - Parameters:
  ///   - name: the tree's name among the inputs.
  ///   - files: paths of its modules, each in one directory.
  ///   - anew: whether it is built even so.
  ///   - module: gives the module with this index.
  init(
    _ name: String, at site: Site, files: [String], anew: Bool = false, module: (_ index: Int) throws -> [UInt8]
  ) throws {
    let place = "inputs-\(Self.generation)/\(name)"
    if anew { try site.remove("\(site.scratch)/\(place)") }
    path = try site.directory(place) { path in
      var made: Set<Substring> = []
      for (index, file) in files.enumerated() {
        let directory = file.split(separator: "/").dropLast().first ?? ""
        if made.insert(directory).inserted { try Files.makeDirectory("\(path)/\(directory)") }
        try Files.write(try module(index), to: "\(path)/\(file)")
      }
    }
    self.files = files
    count = files.count
  }

  /// Writes all modules again, in their places, so that each is as new as a build leaves it.
  func rewrite() throws {
    for file in files { try Files.write(try Files.read("\(path)/\(file)"), to: "\(path)/\(file)") }
  }

  /// `0007/000700.wasm`: names for `count` modules, spread over directories of `perDirectory`.
  static func numberedFiles(_ count: Int, perDirectory: Int) -> [String] {
    (0..<count).map { "\(padded($0 / perDirectory, to: 4))/\(padded($0, to: 6)).wasm" }
  }

  private static func padded(_ number: Int, to width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
}
