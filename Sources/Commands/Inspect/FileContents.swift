internal import LinuxIO
internal import SystemPackage

/// A copy of a foreign file's bytes, which cannot be changed or cut short while it is looked at.
struct FileContents: ~Copyable {
  let bytes: UnsafeRawBufferPointer
  /// Whether an engine can map code from the file.
  let allowsExecution: Bool
  private static let most = 4 << 30

  init(_ path: FilePath) throws(FileTrouble) {
    do throws(RegularFileError) {
      let file = try RegularFile(path)
      self = try file.whileUnchanged { status throws(RegularFileError) in
        try FileContents(copying: file.descriptor, size: status.size)
      } failure: {
        $0
      }
    } catch {
      throw FileTrouble(reason: "cannot be read: \(error)")
    }
  }

  /// The bytes do not go into an array, because their readers want them aligned.
  private init(copying file: borrowing Descriptor, size: Int) throws(RegularFileError) {
    guard size <= Self.most else { throw .tooLarge(bytes: Int64(size), limit: Self.most) }
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 16)
    do throws(SystemError) {
      let count = try file.read(into: buffer, at: 0)
      bytes = UnsafeRawBufferPointer(start: buffer.baseAddress, count: count)
      allowsExecution = file.allowsExecution
    } catch {
      buffer.deallocate()
      throw .system(error)
    }
  }

  deinit { bytes.deallocate() }
}

/// Why a file could not be inspected.
struct FileTrouble: Error, Hashable {
  let reason: String
}
