namespace Sluice.Api.Problems;

/// <summary>Tells a problem in the protocol that was asked in, to one whose request has not come to an endpoint.</summary>
internal interface IProblemWriter
{
    Task WriteAsync(HttpContext context, Problem problem);
}
