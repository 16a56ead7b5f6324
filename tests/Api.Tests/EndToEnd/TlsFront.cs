using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Sluice.Api.Tests.EndToEnd;

/// <summary>Speaks TLS in front of something that does not, with a certificate that whoever is given its file trusts.</summary>
internal sealed class TlsFront : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("sluice-tls-");
    private readonly X509Certificate2 _certificate = Certificate();
    private readonly List<Task> _serving = [];
    private readonly Task _accepting;

    public TlsFront(Uri behind)
    {
        File.WriteAllText(CertificateFile, _certificate.ExportCertificatePem());
        _listener.Start();
        Address = new Uri($"https://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");
        _accepting = AcceptAsync(behind);
    }

    public Uri Address { get; }

    /// <summary>PEM, as SSL_CERT_FILE takes it.</summary>
    public string CertificateFile => Path.Combine(_directory.FullName, "certificate.pem");

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting;
        await Task.WhenAll(_serving);
        _certificate.Dispose();
        _stop.Dispose();
        _directory.Delete(recursive: true);
    }

    private static X509Certificate2 Certificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }

    private async Task AcceptAsync(Uri behind)
    {
        try
        {
            while (true)
            {
                _serving.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_stop.Token), behind));
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The test is over.
        }
    }

    private async Task ServeAsync(TcpClient client, Uri behind)
    {
        try
        {
            using (client)
            {
                await using var outside = new SslStream(client.GetStream());
                await outside.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = _certificate }, _stop.Token);
                using var inside = new TcpClient();
                await inside.ConnectAsync(behind.Host, behind.Port, _stop.Token);
                await Task.WhenAny(outside.CopyToAsync(inside.GetStream(), _stop.Token), inside.GetStream().CopyToAsync(outside, _stop.Token));
            }
        }
        catch (Exception over) when (over is IOException or SocketException || _stop.IsCancellationRequested)
        {
            // One of the two has gone.
        }
    }
}
