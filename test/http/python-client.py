"""Python's kubernetes client against a served cluster: one test a function, one line a result on stdout."""

import base64
import os
import sys
import tempfile
import threading
import time
import traceback

import yaml
from kubernetes import client, config, dynamic, utils, watch
from kubernetes.client.rest import ApiException
from kubernetes.stream import portforward, stream

NAMESPACE = "default"
DEADLINE_SECONDS = 40

config.load_kube_config()
core = client.CoreV1Api()
apps = client.AppsV1Api()


def eventually(check):
    """The first true result of `check`; fails when it does not come."""
    end = time.monotonic() + DEADLINE_SECONDS
    while time.monotonic() < end:
        result = check()
        if result:
            return result
        time.sleep(0.05)
    raise AssertionError("it does not come true")


def config_map(name, **data):
    return client.V1ConfigMap(metadata=client.V1ObjectMeta(name=name), data=data)


def refused(status, call, *args, **options):
    try:
        call(*args, **options)
    except ApiException as error:
        assert error.status == status, error
        return error
    raise AssertionError("it is not refused")


def pod(name, image="busybox", command=None):
    container = client.V1Container(name="c", image=image, command=command)
    spec = client.V1PodSpec(containers=[container])
    return client.V1Pod(metadata=client.V1ObjectMeta(name=name), spec=spec)


def running(name):
    return eventually(lambda: core.read_namespaced_pod(name, NAMESPACE).status.phase == "Running")


def setup():
    script = "echo started; while true; do sleep 1; echo tick; done"
    core.create_namespaced_pod(NAMESPACE, pod("talker", command=["sh", "-c", script]))
    core.create_namespaced_pod(NAMESPACE, pod("site", image="nginx"))
    running("talker")
    running("site")


def test_create_read_replace_delete():
    core.create_namespaced_config_map(NAMESPACE, config_map("crud", a="1"))
    found = core.read_namespaced_config_map("crud", NAMESPACE)
    stale = core.read_namespaced_config_map("crud", NAMESPACE)
    found.data["a"] = "2"
    assert core.replace_namespaced_config_map("crud", NAMESPACE, found).data == {"a": "2"}
    refused(409, core.replace_namespaced_config_map, "crud", NAMESPACE, stale.__class__(metadata=stale.metadata, data={"a": "3"}))
    assert core.delete_namespaced_config_map("crud", NAMESPACE).status == "Success"
    error = refused(404, core.read_namespaced_config_map, "crud", NAMESPACE)
    assert 'configmaps \\"crud\\" not found' in error.body


def test_lists_of_many_groups():
    assert len(core.list_node().items) == 2
    for items in [
        core.list_namespace().items,
        core.list_event_for_all_namespaces().items,
        apps.list_deployment_for_all_namespaces().items,
        client.BatchV1Api().list_job_for_all_namespaces().items,
        client.NetworkingV1Api().list_ingress_for_all_namespaces().items,
        client.RbacAuthorizationV1Api().list_cluster_role().items,
        client.CoordinationV1Api().list_lease_for_all_namespaces().items,
        client.StorageV1Api().list_storage_class().items,
        client.SchedulingV1Api().list_priority_class().items,
        client.AutoscalingV1Api().list_horizontal_pod_autoscaler_for_all_namespaces().items,
        client.ApiextensionsV1Api().list_custom_resource_definition().items,
    ]:
        assert isinstance(items, list)
    assert client.VersionApi().get_code().git_version.startswith("v1.33.")
    assert "apps" in [it.name for it in client.ApisApi().get_api_versions().groups]


def test_pages_and_selectors():
    for i in range(3):
        core.create_namespaced_config_map(NAMESPACE, config_map(f"page-{i}"))
    names, token = [], None
    while True:
        page = core.list_namespaced_config_map(NAMESPACE, limit=2, _continue=token)
        names += [it.metadata.name for it in page.items]
        token = page.metadata._continue
        if not token:
            break
    assert {"page-0", "page-1", "page-2"} <= set(names), names
    one = core.list_namespaced_config_map(NAMESPACE, field_selector="metadata.name=page-1")
    assert [it.metadata.name for it in one.items] == ["page-1"]
    refused(400, core.list_namespaced_pod, NAMESPACE, field_selector="spec.bogus=1")


def test_patches_of_every_kind():
    core.create_namespaced_config_map(NAMESPACE, config_map("patched", a="1", b="1"))
    # A list is sent as a JSON patch, an object as a strategic merge patch.
    core.patch_namespaced_config_map("patched", NAMESPACE, [{"op": "remove", "path": "/data/a"}])
    patched = core.patch_namespaced_config_map("patched", NAMESPACE, {"data": {"b": None, "c": "3"}})
    assert patched.data == {"c": "3"}, patched.data
    container = {"name": "c", "image": "nginx:1.27"}
    merged = core.patch_namespaced_pod("site", NAMESPACE, {"spec": {"containers": [container]}})
    assert [it.image for it in merged.spec.containers] == ["nginx:1.27"]
    refused(422, core.patch_namespaced_config_map, "patched", NAMESPACE, [{"op": "test", "path": "/data/c", "value": "9"}])


def test_watch_and_resume():
    core.create_namespaced_config_map(NAMESPACE, config_map("watched"))
    watcher = watch.Watch()
    options = {"field_selector": "metadata.name=watched", "timeout_seconds": 600}
    heard = []
    for event in watcher.stream(core.list_namespaced_config_map, NAMESPACE, **options):
        heard.append(event["type"])
        if event["type"] == "ADDED":
            core.patch_namespaced_config_map("watched", NAMESPACE, {"data": {"a": "1"}})
        elif event["type"] == "MODIFIED":
            core.delete_namespaced_config_map("watched", NAMESPACE)
        elif event["type"] == "DELETED":
            watcher.stop()
    assert heard == ["ADDED", "MODIFIED", "DELETED"], heard


def test_watch_of_an_expired_revision():
    try:
        for _ in watch.Watch().stream(core.list_namespaced_config_map, NAMESPACE, resource_version="2", timeout_seconds=60):
            pass
    except ApiException as error:
        assert error.status == 410, error
        return
    raise AssertionError("it does not expire")


def test_exec_over_a_stream():
    call = core.connect_get_namespaced_pod_exec
    options = {"stderr": True, "stdin": False, "stdout": True, "tty": False}
    assert stream(call, "talker", NAMESPACE, command=["echo", "hello"], **options) == "hello\n"
    session = stream(call, "talker", NAMESPACE, command=["sh"], **{**options, "stdin": True}, _preload_content=False)
    session.write_stdin("echo out; echo err >&2\n")
    assert session.readline_stdout(timeout=20) == "out"
    assert session.readline_stderr(timeout=20) == "err"
    session.write_stdin("exit 3\n")
    session.run_forever(timeout=20)
    assert session.returncode == 3, session.returncode


def test_attach_and_logs():
    options = {"stderr": False, "stdin": False, "stdout": True, "tty": False}
    session = stream(core.connect_get_namespaced_pod_attach, "talker", NAMESPACE, **options, _preload_content=False)
    assert session.readline_stdout(timeout=20) == "tick"
    session.close()
    assert core.read_namespaced_pod_log("talker", NAMESPACE).startswith("started\n")
    assert core.read_namespaced_pod_log("talker", NAMESPACE, tail_lines=1) == "tick\n"
    lines = watch.Watch().stream(core.read_namespaced_pod_log, "talker", NAMESPACE)
    assert [next(lines), next(lines)] == ["started", "tick"]


def test_port_forward():
    forward = portforward(core.connect_get_namespaced_pod_portforward, "site", NAMESPACE, ports="80")
    socket = forward.socket(80)
    socket.setblocking(True)
    socket.sendall(b"GET / HTTP/1.1\r\nHost: site\r\nConnection: close\r\n\r\n")
    answer = b""
    while b"nginx" not in answer:
        chunk = socket.recv(1024)
        assert chunk, answer
        answer += chunk
    socket.close()
    assert answer.startswith(b"HTTP/1.1 200"), answer
    assert forward.error(80) is None


CRD = """
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: gadgets.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {kind: Gadget, plural: gadgets, singular: gadget}
  versions:
  - name: v1
    served: true
    storage: true
    subresources: {status: {}}
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec: {type: object, properties: {size: {type: integer, maximum: 10}}}
          status: {type: object, properties: {ready: {type: boolean}}}
"""


def gadget(name, size):
    metadata = {"name": name, "namespace": NAMESPACE}
    return {"apiVersion": "example.com/v1", "kind": "Gadget", "metadata": metadata, "spec": {"size": size}}


def established():
    conditions = client.ApiextensionsV1Api().read_custom_resource_definition("gadgets.example.com").status.conditions
    return any(it.type == "Established" and it.status == "True" for it in conditions or [])


def test_create_from_yaml_and_custom_objects():
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        deployment = {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": "web"},
            "spec": {
                "replicas": 2,
                "selector": {"matchLabels": {"app": "web"}},
                "template": {
                    "metadata": {"labels": {"app": "web"}},
                    "spec": {"containers": [{"name": "web", "image": "nginx"}]},
                },
            },
        }
        yaml.safe_dump_all([deployment, yaml.safe_load(CRD)], file)
        file.flush()
        utils.create_from_yaml(client.ApiClient(), file.name)
    eventually(lambda: apps.read_namespaced_deployment("web", NAMESPACE).status.ready_replicas == 2)
    eventually(established)
    api = client.CustomObjectsApi()
    where = ("example.com", "v1", NAMESPACE, "gadgets")
    api.create_namespaced_custom_object(*where, gadget("g", 1))
    api.patch_namespaced_custom_object(*where, "g", {"spec": {"size": 2}})
    api.patch_namespaced_custom_object_status(*where, "g", {"status": {"ready": True}})
    found = api.get_namespaced_custom_object(*where, "g")
    assert (found["spec"], found["status"]) == ({"size": 2}, {"ready": True}), found
    error = refused(422, api.create_namespaced_custom_object, *where, gadget("big", 11))
    assert "should be less than or equal to 10" in error.body
    scale = apps.patch_namespaced_deployment_scale("web", NAMESPACE, {"spec": {"replicas": 1}})
    assert scale.spec.replicas == 1
    apps.delete_namespaced_deployment("web", NAMESPACE, propagation_policy="Foreground")
    eventually(lambda: not core.list_namespaced_pod(NAMESPACE, label_selector="app=web").items)


def test_dynamic_client():
    with tempfile.TemporaryDirectory() as folder:
        os.environ["TMPDIR"] = folder  # Where it keeps what it has discovered.
        tempfile.tempdir = None
        api = dynamic.DynamicClient(client.ApiClient())
    gadgets = api.resources.get(api_version="example.com/v1", kind="Gadget")
    gadgets.create(namespace=NAMESPACE, body=gadget("d", 1))
    patched = gadgets.patch(namespace=NAMESPACE, name="d", body={"spec": {"size": 3}}, content_type="application/merge-patch+json")
    assert patched.spec.size == 3
    heard = []

    def hear():
        for event in gadgets.watch(namespace=NAMESPACE, timeout=600):
            heard.append((event["type"], event["object"].metadata.name))
            if event["type"] == "DELETED":
                return

    thread = threading.Thread(target=hear, daemon=True)
    thread.start()
    eventually(lambda: ("ADDED", "d") in heard)
    gadgets.delete(namespace=NAMESPACE, name="d")
    eventually(lambda: ("DELETED", "d") in heard)
    pods = api.resources.get(api_version="v1", kind="Pod")
    assert "talker" in [it.metadata.name for it in pods.get(namespace=NAMESPACE).items]


def test_secrets_tokens_and_rbac():
    secret = client.V1Secret(metadata=client.V1ObjectMeta(name="s"), string_data={"p": "q"})
    assert core.create_namespaced_secret(NAMESPACE, secret).data == {"p": base64.b64encode(b"q").decode()}
    robot = client.V1ServiceAccount(metadata=client.V1ObjectMeta(name="robot"))
    core.create_namespaced_service_account(NAMESPACE, robot)
    request = {"spec": {"audiences": [], "expirationSeconds": 600}}
    path = f"/api/v1/namespaces/{NAMESPACE}/serviceaccounts/robot/token"
    headers = {"Accept": "application/json", "Content-Type": "application/json"}
    answer = client.ApiClient().call_api(path, "POST", body=request, header_params=headers, response_type="object", auth_settings=["BearerToken"])
    settings = client.Configuration.get_default_copy()
    settings.api_key = {"authorization": "Bearer " + answer[0]["status"]["token"]}
    settings.cert_file = settings.key_file = None
    stranger = client.CoreV1Api(client.ApiClient(settings))
    refused(403, stranger.list_namespaced_pod, NAMESPACE)
    rules = [client.V1PolicyRule(api_groups=[""], resources=["pods"], verbs=["list"])]
    rbac = client.RbacAuthorizationV1Api()
    rbac.create_namespaced_role(NAMESPACE, client.V1Role(metadata=client.V1ObjectMeta(name="lister"), rules=rules))
    rbac.create_namespaced_role_binding(
        NAMESPACE,
        {
            "metadata": {"name": "lister"},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "lister"},
            "subjects": [{"kind": "ServiceAccount", "name": "robot", "namespace": NAMESPACE}],
        },
    )
    assert stranger.list_namespaced_pod(NAMESPACE).items


def test_eviction_and_grace():
    core.create_namespaced_pod(NAMESPACE, pod("leaver", image="nginx"))
    running("leaver")
    eviction = client.V1Eviction(metadata=client.V1ObjectMeta(name="leaver"))
    core.create_namespaced_pod_eviction("leaver", NAMESPACE, eviction)
    eventually(lambda: "leaver" not in [it.metadata.name for it in core.list_namespaced_pod(NAMESPACE).items])


def main():
    setup()
    for name, run in list(globals().items()):
        if not name.startswith("test_"):
            continue
        try:
            run()
            print(f"{name}\tok", flush=True)
        except Exception:
            text = traceback.format_exc().replace("\n", "\\n")
            print(f"{name}\t{text}", flush=True)
    sys.stdout.flush()
    os._exit(0)  # Threads that still watch hold nobody up.


main()
