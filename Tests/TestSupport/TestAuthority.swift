package import SystemPackage

/// An authority, and a certificate of this machine's own address that is its own authority, too.
package struct TestAuthority {
  package let certificate: FilePath
  package let key: FilePath

  package init(in directory: TemporaryDirectory, name: String, isExpired: Bool = false) throws {
    certificate = directory("\(name).pem")
    key = directory("\(name).key")
    let arguments = [certificate.string, key.string, directory.path.string]
    _ = try Tool.shell(isExpired ? Self.expired : Self.valid, arguments)
  }

  private static let valid = """
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=127.0.0.1 -keyout "$2" -out "$1" \
      -addext subjectAltName=IP:127.0.0.1 -addext basicConstraints=critical,CA:TRUE 2>&1
    """

  /// Only `openssl ca` takes dates that are past.
  private static let expired = """
    cd "$3" && : > index && cat > ca.conf << END &&
    [ca]
    default_ca = it
    [it]
    database = index
    new_certs_dir = .
    rand_serial = yes
    default_md = sha256
    policy = names
    [names]
    commonName = supplied
    [extensions]
    subjectAltName = IP:127.0.0.1
    basicConstraints = critical, CA:TRUE
    END
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=127.0.0.1 -keyout "$2" -out request 2>&1 &&
    openssl ca -batch -config ca.conf -selfsign -keyfile "$2" -in request -out "$1" -notext -extensions extensions \
      -startdate 20200101000000Z -enddate 20200201000000Z 2>&1
    """
}
