from tests.functional.service import Service

def test_smoke(service: Service) -> None:
    a = service.records({"type":"client","id":"c1","name":"One","status":"ACTIVE"},{"type":"ticket","id":"T1","client_id":"c1","priority":"P1","created_at":"2026-11-01T10:00:00Z"})
    print(a)
    print(service.queued())
    print(service.drain())
    service.night("2026-11-23")
    print(service.http("GET","/v1/analytics/clients"))
    print(service.http("GET","/v1/clients/c1/history"))
    print(service.raw("GET","/v1/clients/c1/history",None,{"Authorization":"Bearer x"}))
    print(service.raw("GET","/v1/clients/c1/history",None,{}))
    print(len(service.stored()))

def test_again(service: Service) -> None:
    assert service.queued()==(0,0)
def test_again2(service: Service) -> None:
    assert service.queued()==(0,0)
